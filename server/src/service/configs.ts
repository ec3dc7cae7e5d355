/** Drafts, versions and schemas (R3–R8). Saving never sends anything. */
import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import { CONFIG_BYTES_CEILING, CONFIG_DEPTH_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Product } from '../domain/product.ts';
import type { PageOf, SchemaRow, Tx } from '../domain/store-port.ts';
import type { ConfigVersion, Draft, VersionOrigin } from '../domain/version.ts';
import { type ConfigProblem, checkConfig } from '../json/check-config.ts';
import type { SchemaChecker } from '../json/schema-check.ts';
import { diffConfigs } from '../json/semantic-diff.ts';
import { unifiedDiff } from '../json/unified-diff.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { findMade, type Once, onceOnly } from './once.ts';
import type { Parts } from './parts.ts';
import { getProduct } from './products.ts';
import { demandObeyed, demandUsable, type SchemaNote } from './schema-rules.ts';

/** Old versions removed after one save, when a retention is set. */
const RETENTION_BATCH = 100;

export type Saved = { version: ConfigVersion; warnings: readonly ConfigProblem[] };
export type ConfigService = ReturnType<typeof createConfigService>;

export async function getVersion(tx: Tx, product: Product, number: number): Promise<ConfigVersion> {
  const version = await tx.configs.findVersion(product.id, number);
  if (version === undefined) {
    const latest =
      product.latestVersion === 0 ? 'It has none yet.' : `Its latest is ${product.latestVersion}.`;
    throw new DomainError(
      'version-not-found',
      `Product ${product.productKey} has no version ${number}. ${latest}`,
    );
  }
  return version;
}

export function createConfigService(parts: Parts & { schemas: SchemaChecker }) {
  const { store, clock, products, schemas } = parts;

  /** Refuses a text that may not become a version; gives its warnings. */
  const check = async (
    product: Product,
    content: Uint8Array,
    schema: SchemaRow | undefined,
  ): Promise<readonly ConfigProblem[]> => {
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
  };

  const save = async (
    actor: Actor,
    input: {
      productKey: string;
      note: string;
      content: Uint8Array;
      origin: VersionOrigin;
      ifUnchanged?: Draft;
      once?: Once | undefined;
    },
  ): Promise<Saved> => {
    const { productKey, note, content, origin } = input;
    const { product, schema } = await store.read(async (tx) => {
      const found = await getProduct(tx, productKey);
      return { product: found, schema: await tx.configs.findSchema(found.id) };
    });
    const warnings = await check(product, content, schema);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const at = clock.now().wallMs;
    const number = await store.write((tx) =>
      onceOnly(tx, actor, input.once, at, async () => {
        await demandUnchanged(tx, product.id, schema, input.ifUnchanged);
        const fresh = {
          productId: product.id,
          configId: randomBytes(16).toString('hex'),
          content,
          sha256,
          note,
          origin,
        };
        const saved = await tx.configs.saveVersion({ ...fresh, author: actor.name, createdAt: at });
        if (product.retentionVersions !== null) {
          await tx.configs.removeOldVersions(product.id, product.retentionVersions, RETENTION_BATCH);
        }
        const deed = { action: 'version.save', productKey, target: `version ${saved.number}` };
        const detail = { number: saved.number, sha256, bytes: content.length, note, origin };
        await tx.audit.append(auditEntry(actor, deed, at, detail));
        return String(saved.number);
      }),
    );
    await products.refresh(product.id);
    const version = await store.read((tx) => getVersion(tx, product, Number(number)));
    return { version, warnings };
  };

  /** The answer to a save that was made before, as it was given then. */
  const repeatSaved = async (productKey: string, number: number): Promise<Saved> => {
    const { version, content } = await store.read((tx) => readContent(tx, productKey, number));
    const limits = { bytesMax: CONFIG_BYTES_CEILING, depthMax: CONFIG_DEPTH_MAX };
    return { version, warnings: checkConfig(content, limits).warnings };
  };

  return {
    /** The draft, or undefined when nothing was ever written: an editor starts empty. */
    async findDraft(actor: Actor, productKey: string): Promise<Draft | undefined> {
      demand(actor, 'read');
      return store.read(async (tx) => tx.configs.findDraft((await getProduct(tx, productKey)).id));
    },

    /** Keeps any text, valid or not, so that nothing typed is lost; says what saving would object to. */
    async putDraft(
      actor: Actor,
      productKey: string,
      content: Uint8Array,
      ifRevision: number,
    ): Promise<{ draft: Draft; problems: readonly ConfigProblem[]; warnings: readonly ConfigProblem[] }> {
      const deed = { action: 'draft.write', productKey, target: 'draft' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'configs:write');
        const at = clock.now().wallMs;
        const { draft, product } = await store.write(async (tx) => {
          const found = await getProduct(tx, productKey);
          const written = await tx.configs.putDraft(found.id, content, ifRevision, actor.name, at);
          if (written === undefined) await refuseStale(tx, found.id);
          await tx.audit.append(
            auditEntry(actor, deed, at, { revision: written!.revision, bytes: content.length }),
          );
          return { draft: written!, product: found };
        });
        return {
          draft,
          ...checkConfig(content, { bytesMax: product.configBytesMax, depthMax: CONFIG_DEPTH_MAX }),
        };
      });
    },

    /** What a save would say about this text, without writing anything. */
    async validate(actor: Actor, productKey: string, content: Uint8Array): Promise<readonly ConfigProblem[]> {
      demand(actor, 'read');
      const { product, schema } = await store.read(async (tx) => {
        const found = await getProduct(tx, productKey);
        return { product: found, schema: await tx.configs.findSchema(found.id) };
      });
      return check(product, content, schema);
    },

    /** Turns the draft into the next version (R5). */
    async saveDraft(actor: Actor, productKey: string, note: string, once?: Once): Promise<Saved> {
      const deed = { action: 'version.save', productKey, target: 'draft' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'configs:write');
        const made = await findMade(store, actor, once);
        if (made !== undefined) return repeatSaved(productKey, Number(made));
        const draft = await store.read(async (tx) =>
          tx.configs.findDraft((await getProduct(tx, productKey)).id),
        );
        if (draft === undefined)
          throw new DomainError('draft-empty', 'There is no draft to save. Write one first.');
        return save(actor, {
          productKey,
          note,
          content: draft.content,
          origin: { kind: 'editor' },
          ifUnchanged: draft,
          once,
        });
      });
    },

    async getVersion(actor: Actor, productKey: string, number: number): Promise<ConfigVersion> {
      demand(actor, 'read');
      return store.read(async (tx) => getVersion(tx, await getProduct(tx, productKey), number));
    },

    async getContent(
      actor: Actor,
      productKey: string,
      number: number,
    ): Promise<{ version: ConfigVersion; content: Uint8Array }> {
      demand(actor, 'read');
      return store.read((tx) => readContent(tx, productKey, number));
    },

    async listVersions(actor: Actor, productKey: string, page: PageOf<number>): Promise<ConfigVersion[]> {
      demand(actor, 'read');
      return store.read(async (tx) => tx.configs.listVersions((await getProduct(tx, productKey)).id, page));
    },

    /** Puts a version's content into the editor and changes nothing else (R7). `ifRevision` null: whatever is there. */
    async restore(
      actor: Actor,
      productKey: string,
      number: number,
      ifRevision: number | null,
    ): Promise<Draft> {
      const deed = { action: 'version.restore', productKey, target: `version ${number}` };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'configs:write');
        const at = clock.now().wallMs;
        return store.write(async (tx) => {
          const { version, content } = await readContent(tx, productKey, number);
          const before = await tx.configs.findDraft(version.productId);
          const draft = await tx.configs.putDraft(
            version.productId,
            content,
            ifRevision ?? before?.revision ?? 0,
            actor.name,
            at,
          );
          if (draft === undefined) await refuseStale(tx, version.productId);
          await tx.audit.append(auditEntry(actor, deed, at, { revision: draft!.revision }));
          return draft!;
        });
      });
    },

    /** Saves an old content as a new version: the first half of "roll back now" (R7). */
    async saveRollback(
      actor: Actor,
      productKey: string,
      { fromVersion, note, once }: { fromVersion: number; note: string; once?: Once | undefined },
    ): Promise<Saved> {
      const deed = { action: 'version.save', productKey, target: `rollback to ${fromVersion}` };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'rollouts:write');
        const made = await findMade(store, actor, once);
        if (made !== undefined) return repeatSaved(productKey, Number(made));
        const { content } = await store.read((tx) => readContent(tx, productKey, fromVersion));
        return save(actor, { productKey, note, content, origin: { kind: 'rollback', fromVersion }, once });
      });
    },

    async diff(actor: Actor, productKey: string, from: number, to: number) {
      demand(actor, 'read');
      const [before, after] = await store.read(
        async (tx) =>
          [await readContent(tx, productKey, from), await readContent(tx, productKey, to)] as const,
      );
      const texts = { from: textOf(before.content), to: textOf(after.content) };
      const names = { fromName: `version ${from}`, toName: `version ${to}`, context: 3 };
      return {
        from: before.version,
        to: after.version,
        text: unifiedDiff(texts.from, texts.to, names),
        semantic: diffConfigs(texts.from, texts.to),
      };
    },

    async findSchema(actor: Actor, productKey: string): Promise<SchemaRow | undefined> {
      demand(actor, 'read');
      return store.read(async (tx) => tx.configs.findSchema((await getProduct(tx, productKey)).id));
    },

    /** Sets the JSON Schema; null removes it (R8). `notes` say what is checked less strictly than it says. */
    async putSchema(
      actor: Actor,
      productKey: string,
      content: Uint8Array | null,
      ifRevision: number,
    ): Promise<{ schema: SchemaRow; notes: readonly SchemaNote[] }> {
      const action = content === null ? 'schema.remove' : 'schema.write';
      const deed = { action, productKey, target: 'schema' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'configs:write');
        const notes = content === null ? [] : await demandUsable(schemas, content);
        const at = clock.now().wallMs;
        return store.write(async (tx) => {
          const product = await getProduct(tx, productKey);
          const schema = await tx.configs.putSchema(product.id, content, ifRevision, actor.name, at);
          if (schema === undefined) await refuseStaleSchema(tx, product.id);
          await tx.audit.append(auditEntry(actor, deed, at, { revision: schema!.revision }));
          return { schema: schema!, notes };
        });
      });
    },
  };
}

function textOf(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('utf8');
}

async function readContent(
  tx: Tx,
  productKey: string,
  number: number,
): Promise<{ version: ConfigVersion; content: Uint8Array }> {
  const product = await getProduct(tx, productKey);
  const version = await getVersion(tx, product, number);
  const content = await tx.configs.findContent(product.id, number);
  if (content === undefined) throw new Error(`Version ${number} of ${productKey} has no content.`);
  return { version, content };
}

async function refuseStale(tx: Tx, productId: number): Promise<never> {
  const current = await tx.configs.findDraft(productId);
  throw new DomainError(
    'precondition-failed',
    current === undefined
      ? 'There is no draft yet. Write the first one with If-None-Match: *.'
      : `${current.updatedBy} changed the draft meanwhile (it is at "${current.revision}"). Nothing was overwritten: compare, then write again.`,
    { currentRevision: current?.revision ?? 0 },
  );
}

async function refuseStaleSchema(tx: Tx, productId: number): Promise<never> {
  const current = await tx.configs.findSchema(productId);
  throw new DomainError(
    'precondition-failed',
    current === undefined
      ? 'There is no schema yet. Write the first one with If-None-Match: *.'
      : 'The schema was changed meanwhile. Read it again and repeat your change.',
    { currentRevision: current?.revision ?? 0 },
  );
}

/** What was checked is what is saved: neither the draft nor the schema may have moved in between. */
async function demandUnchanged(
  tx: Tx,
  productId: number,
  schema: SchemaRow | undefined,
  draft: Draft | undefined,
): Promise<void> {
  if ((await tx.configs.findSchema(productId))?.revision !== schema?.revision) {
    throw new DomainError(
      'precondition-failed',
      'The schema was changed while the draft was being checked. Save again.',
    );
  }
  if (draft !== undefined && (await tx.configs.findDraft(productId))?.revision !== draft.revision) {
    throw new DomainError(
      'precondition-failed',
      'The draft was changed while it was being saved. Look at it, then save again.',
    );
  }
}
