/**
 * What this browser keeps of a draft, per person and product: text that the server does not have yet, so that a
 * crash loses nothing, and the text that was set aside when two were there and one was chosen.
 */
import type { ServerDraft } from './draft-keeper.ts';

export type KeptDraft = ServerDraft & {
  /** Which page wrote it: another tab may be clean while this one is not. */
  readonly page: string;
};
export type SetAside = {
  readonly text: string;
  readonly kind: 'mine' | 'theirs' | 'replaced';
  /** ISO 8601. */
  readonly at: string;
};
type Owner = { readonly productKey: string; readonly username: string };

const keyOf = (kind: 'draft' | 'aside', { productKey, username }: Owner) =>
  `opencota.${kind}.${encodeURIComponent(username)}.${productKey}`;

export function findKept(owner: Owner): KeptDraft | undefined {
  const found = read(keyOf('draft', owner));
  if (found === undefined || !isText(found.text) || !isText(found.etag) || !isText(found.page))
    return undefined;
  return { text: found.text, etag: found.etag, page: found.page };
}

export function keep(owner: Owner, draft: ServerDraft, page: string): void {
  write(keyOf('draft', owner), { text: draft.text, etag: draft.etag, page });
}

/** `page`: only what that page kept. */
export function forgetKept(owner: Owner, page: string): void {
  if (findKept(owner)?.page === page) write(keyOf('draft', owner), undefined);
}

export function findSetAside(owner: Owner): SetAside | undefined {
  const found = read(keyOf('aside', owner));
  const { text, at, kind } = found ?? {};
  if (!isText(text) || !isText(at)) return undefined;
  return kind === 'mine' || kind === 'theirs' || kind === 'replaced' ? { text, at, kind } : undefined;
}

/** undefined: nothing is set aside any more. */
export function setAside(owner: Owner, aside: SetAside | undefined): void {
  write(keyOf('aside', owner), aside);
}

const isText = (value: unknown): value is string => typeof value === 'string';

function read(key: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return typeof found === 'object' && found !== null ? { ...found } : undefined;
  } catch {
    // Storage that is switched off or holds something else has nothing kept.
    return undefined;
  }
}

function write(key: string, value: object | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or switched off: the text is in the page, which asks before it is left.
  }
}
