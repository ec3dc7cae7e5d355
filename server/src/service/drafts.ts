/** The text in the editor (R4): kept whatever it says, never overwritten silently. */
import { DomainError } from '../domain/errors.ts';
import { CONFIG_DEPTH_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Tx } from '../domain/store-port.ts';
import type { Draft } from '../domain/version.ts';
import { type ConfigCheck, checkConfig } from '../json/check-config.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import type { Parts } from './parts.ts';
import { getProduct } from './products.ts';
import { readContent } from './version-content.ts';
import { writeAs } from './write-as.ts';

export type DraftService = ReturnType<typeof createDraftService>;

export function createDraftService(parts: Parts) {
  const { store, clock } = parts;
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
    ): Promise<ConfigCheck & { draft: Draft }> {
      const deed = { action: 'draft.write', productKey, target: 'draft' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'configs:write');
        const at = clock.now().wallMs;
        const { draft, product } = await writeAs(store, actor, async (tx) => {
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

    /**
     * Puts a version's content into the editor and changes nothing else (R7). `ifRevision` null: whatever is there,
     * unless it is somebody else's text that is saved nowhere.
     */
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
        return writeAs(store, actor, async (tx) => {
          const { version, content } = await readContent(tx, productKey, number);
          const before = await tx.configs.findDraft(version.productId);
          if (ifRevision === null && before !== undefined)
            await demandNothingLost(tx, actor, productKey, before);
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
  };
}

async function demandNothingLost(tx: Tx, actor: Actor, productKey: string, draft: Draft): Promise<void> {
  if (draft.updatedBy === actor.name || draft.content.length === 0) return;
  const { id, latestVersion } = await getProduct(tx, productKey);
  const saved = await tx.configs.findContent(id, latestVersion);
  if (saved !== undefined && Buffer.compare(saved, draft.content) === 0) return;
  throw new DomainError(
    'precondition-required',
    `${draft.updatedBy} wrote a draft that is not saved. To replace it, send If-Match with its ETag, "${draft.revision}".`,
    { currentRevision: draft.revision, updatedBy: draft.updatedBy },
  );
}

async function refuseStale(tx: Tx, productId: number): Promise<never> {
  const current = await tx.configs.findDraft(productId);
  throw new DomainError(
    'precondition-failed',
    current === undefined
      ? 'There is no draft yet. Write the first one with If-None-Match: *.'
      : `${current.updatedBy} changed the draft meanwhile (it is at "${current.revision}"). Nothing was overwritten: compare, then write again.`,
    {
      currentRevision: current?.revision ?? 0,
      ...(current && {
        updatedBy: current.updatedBy,
        updatedAt: new Date(current.updatedAt).toISOString(),
      }),
    },
  );
}
