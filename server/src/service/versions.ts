/** Versions: save, look, compare, roll back (R5–R7). Saving never sends anything. */
import { DomainError } from '../domain/errors.ts';
import type { Actor } from '../domain/people.ts';
import type { PageOf, Tx } from '../domain/store-port.ts';
import type { ConfigVersion } from '../domain/version.ts';
import type { ConfigProblem } from '../json/check-config.ts';
import { diffConfigs } from '../json/semantic-diff.ts';
import { unifiedDiff } from '../json/unified-diff.ts';
import { demand, recordingRefusals } from './audited.ts';
import { findMade, type Once } from './once.ts';
import { getProduct } from './products.ts';
import {
  checkAgainst,
  readRules,
  repeatSaved,
  type Saved,
  type SaveParts,
  saveVersion,
} from './save-version.ts';
import { getVersion, readContent, textOf } from './version-content.ts';

export type VersionService = ReturnType<typeof createVersionService>;

export function createVersionService(parts: SaveParts) {
  const { store } = parts;
  return {
    /** What a save would say about this text, without writing anything. */
    async validate(actor: Actor, productKey: string, content: Uint8Array): Promise<readonly ConfigProblem[]> {
      demand(actor, 'read');
      return checkAgainst(await store.read((tx) => readRules(tx, productKey)), content, parts.schemas);
    },

    /** Turns the draft into the next version (R5). */
    async saveDraft(actor: Actor, productKey: string, note: string, once?: Once): Promise<Saved> {
      const deed = { action: 'version.save', productKey, target: 'draft' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'configs:write');
        const made = await findMade(store, actor, once);
        if (made !== undefined) return repeatSaved(parts, productKey, Number(made));
        const draft = await store.read(async (tx) =>
          tx.configs.findDraft((await getProduct(tx, productKey)).id),
        );
        if (draft === undefined)
          throw new DomainError('draft-empty', 'There is no draft to save. Write one first.');
        return saveVersion(parts, actor, {
          productKey,
          note,
          content: draft.content,
          origin: { kind: 'editor' },
          ifUnchanged: draft,
          once,
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
        if (made !== undefined) return repeatSaved(parts, productKey, Number(made));
        const findWaiting = (tx: Tx) => findWaitingRollback(tx, productKey, fromVersion);
        const waiting = await store.read(findWaiting);
        if (waiting !== undefined) return repeatSaved(parts, productKey, waiting);
        const { content } = await store.read((tx) => readContent(tx, productKey, fromVersion));
        return saveVersion(parts, actor, {
          productKey,
          note,
          content,
          origin: { kind: 'rollback', fromVersion },
          once,
          findMade: findWaiting,
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
  };
}

/** The latest version, when it already goes back to this one and was not pushed: a gate had refused it. */
async function findWaitingRollback(
  tx: Tx,
  productKey: string,
  fromVersion: number,
): Promise<number | undefined> {
  const product = await getProduct(tx, productKey);
  const latest = await tx.configs.findVersion(product.id, product.latestVersion);
  const isIt = latest?.origin.kind === 'rollback' && latest.origin.fromVersion === fromVersion;
  return isIt && product.rolledOutVersion < latest.number ? latest.number : undefined;
}
