/**
 * Checking a text and saving it as the next version, however it came to be (R3, R5, R8).
 */
import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import { CONFIG_BYTES_CEILING, CONFIG_DEPTH_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Product } from '../domain/product.ts';
import type { SchemaRow, Tx } from '../domain/store-port.ts';
import type { ConfigVersion, Draft, VersionOrigin } from '../domain/version.ts';
import { type ConfigProblem, checkConfig } from '../json/check-config.ts';
import type { SchemaChecker } from '../json/schema-check.ts';
import { auditEntry } from './audited.ts';
import { type Once, onceOnly } from './once.ts';
import type { Parts } from './parts.ts';
import { getProduct } from './products.ts';
import { demandObeyed } from './schema-rules.ts';
import { getVersion, readContent, textOf } from './version-content.ts';
import { writeAs } from './write-as.ts';

/** Old versions removed after one save, when a retention is set. */
const RETENTION_BATCH = 100;

export type SaveParts = Parts & { schemas: SchemaChecker };
export type Saved = { version: ConfigVersion; warnings: readonly ConfigProblem[] };

export type SaveInput = {
  productKey: string;
  note: string;
  content: Uint8Array;
  origin: VersionOrigin;
  /** The draft that the content is from: it must still be the current one. */
  ifUnchanged?: Draft;
  once?: Once | undefined;
  /** The version that somebody made meanwhile and that does as well. */
  findMade?: (tx: Tx) => Promise<number | undefined>;
};

type Rules = { product: Product; schema: SchemaRow | undefined };

/** What a text is checked against. */
export async function readRules(tx: Tx, productKey: string): Promise<Rules> {
  const product = await getProduct(tx, productKey);
  return { product, schema: await tx.configs.findSchema(product.id) };
}

/** Refuses a text that may not become a version; gives its warnings. */
export async function checkAgainst(
  { product, schema }: Rules,
  content: Uint8Array,
  schemas: SchemaChecker,
): Promise<readonly ConfigProblem[]> {
  const { problems, warnings } = checkConfig(content, {
    bytesMax: product.configBytesMax,
    depthMax: CONFIG_DEPTH_MAX,
  });
  const [first] = problems;
  if (first !== undefined) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    throw new DomainError(
      'config-invalid',
      `Line ${first.line}, column ${first.column}: ${first.message}${more}`,
      { problems },
    );
  }
  if (schema?.content) await demandObeyed(schemas, textOf(schema.content), textOf(content));
  return warnings;
}

export async function saveVersion(parts: SaveParts, actor: Actor, input: SaveInput): Promise<Saved> {
  const { store, clock, products, schemas } = parts;
  const rules = await store.read((tx) => readRules(tx, input.productKey));
  const warnings = await checkAgainst(rules, input.content, schemas);
  const at = clock.now().wallMs;
  const { reference } = await writeAs(store, actor, (tx) =>
    onceOnly(tx, actor, input.once, at, async () => {
      await demandUnchanged(tx, rules, input.ifUnchanged);
      const made = await input.findMade?.(tx);
      return String(made ?? (await write(tx, actor, rules.product, input, at)));
    }),
  );
  await products.refresh(rules.product.id);
  const version = await store.read((tx) => getVersion(tx, rules.product, Number(reference)));
  return { version, warnings };
}

async function write(tx: Tx, actor: Actor, product: Product, input: SaveInput, at: number): Promise<number> {
  const { productKey, content, note, origin } = input;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const configId = randomBytes(16).toString('hex');
  const author = actor.name;
  const fresh = { productId: product.id, configId, content, sha256, note, origin, author, createdAt: at };
  const { number } = await tx.configs.saveVersion(fresh);
  if (product.retentionVersions !== null) {
    await tx.configs.removeOldVersions(product.id, product.retentionVersions, RETENTION_BATCH);
  }
  const deed = { action: 'version.save', productKey, target: `version ${number}` };
  await tx.audit.append(auditEntry(actor, deed, at, { number, sha256, bytes: content.length, note, origin }));
  return number;
}

/** The answer to a save that was made before, as it was given then. */
export async function repeatSaved({ store }: SaveParts, productKey: string, number: number): Promise<Saved> {
  const { version, content } = await store.read((tx) => readContent(tx, productKey, number));
  const limits = { bytesMax: CONFIG_BYTES_CEILING, depthMax: CONFIG_DEPTH_MAX };
  return { version, warnings: checkConfig(content, limits).warnings };
}

/** What was checked is what is saved: neither the draft nor the schema may have moved in between. */
async function demandUnchanged(tx: Tx, { product, schema }: Rules, draft: Draft | undefined): Promise<void> {
  if ((await tx.configs.findSchema(product.id))?.revision !== schema?.revision) {
    throw new DomainError(
      'precondition-failed',
      'The schema was changed while the draft was being checked. Save again.',
    );
  }
  if (draft !== undefined && (await tx.configs.findDraft(product.id))?.revision !== draft.revision) {
    throw new DomainError(
      'precondition-failed',
      'The draft was changed while it was being saved. Look at it, then save again.',
    );
  }
}
