/** Whether the draft holds work that a command would overwrite. */
import type { Client, Raw } from '@opencota/contract/http/client';
import { CommandError, EXIT } from './exit.ts';

export type Draft = Raw & {
  /** It says something that no version says and that would be lost. */
  isUnsaved: boolean;
  latestVersion: number;
  /** Of the latest version; undefined: there is none. */
  latestContent: Uint8Array | undefined;
};

export async function readDraft(client: Client, productKey: string): Promise<Draft> {
  const { latestVersion } = await client.products.get(productKey);
  const draft = await client.drafts.get(productKey);
  const latestContent =
    latestVersion === 0 ? undefined : await client.versions.content(productKey, latestVersion);
  const isSaved = latestContent !== undefined && Buffer.compare(latestContent, draft.content) === 0;
  return { ...draft, latestVersion, latestContent, isUnsaved: draft.content.length > 0 && !isSaved };
}

/** Who wrote the draft last, as far as one may see: the audit log is for administrators. */
export async function findDraftAuthor(client: Client, productKey: string): Promise<string | undefined> {
  try {
    const latest = await Promise.all(
      ['draft.write', 'version.restore'].map(async (action) => {
        const { items } = await client.audit.list({ productKey, action, limit: 10 });
        return items.find(({ outcome }) => outcome === 'ok');
      }),
    );
    return latest.toSorted((a, b) => (b?.id ?? 0) - (a?.id ?? 0))[0]?.actor;
  } catch {
    // Not allowed to look: then it is simply not known.
    return undefined;
  }
}

/** Refuses to overwrite somebody else's unsaved work. */
export async function demandNoForeignWork(client: Client, productKey: string, draft: Draft): Promise<void> {
  if (!draft.isUnsaved) return;
  const [author, me] = await Promise.all([findDraftAuthor(client, productKey), client.session.get()]);
  if (author === me.name) return;
  const whose = author === undefined ? 'somebody may need' : `${author} wrote`;
  throw new CommandError(
    `The draft of ${productKey} holds unsaved work that ${whose}. Nothing was overwritten.`,
    {
      code: 'draft-changed',
      exit: EXIT.conflict,
      hint: `Look at it: opencota config get ${productKey} --draft. Overwrite it: --force`,
      members: { productKey, author: author ?? null, etag: draft.etag },
    },
  );
}
