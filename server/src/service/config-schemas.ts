/** A product's JSON Schema (R8). */
import { DomainError } from '../domain/errors.ts';
import type { Actor } from '../domain/people.ts';
import type { SchemaRow, Tx } from '../domain/store-port.ts';
import type { SchemaChecker } from '../json/schema-check.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import type { Parts } from './parts.ts';
import { getProduct } from './products.ts';
import { demandUsable, type SchemaNote } from './schema-rules.ts';
import { writeAs } from './write-as.ts';

export type ConfigSchemaService = ReturnType<typeof createConfigSchemaService>;

export function createConfigSchemaService(parts: Parts & { schemas: SchemaChecker }) {
  const { store, clock, schemas } = parts;
  return {
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
        return writeAs(store, actor, async (tx) => {
          const product = await getProduct(tx, productKey);
          const revision = ifRevision === 0 ? await revisionOfNone(tx, product.id) : ifRevision;
          const schema = await tx.configs.putSchema(product.id, content, revision, actor.name, at);
          if (schema === undefined) await refuseStaleSchema(tx, product.id);
          await tx.audit.append(auditEntry(actor, deed, at, { revision: schema!.revision }));
          return { schema: schema!, notes };
        });
      });
    },
  };
}

/** Where a schema was removed there is none, but its revision goes on rising. */
async function revisionOfNone(tx: Tx, productId: number): Promise<number> {
  const current = await tx.configs.findSchema(productId);
  return current?.content === null ? current.revision : 0;
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
