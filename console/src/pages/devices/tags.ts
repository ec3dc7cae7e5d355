/** Tags as a person types them, under the server's rules (`service/devices.ts`). */
export const TAGS_MAX = 32;
export const TAG_CHARS_MAX = 64;

const TAG_PATTERN = /^[\p{L}\p{N}_.:=/@-]+$/u;

export function isTag(text: string): boolean {
  return text.length <= TAG_CHARS_MAX && TAG_PATTERN.test(text);
}

/** Apart at commas (also Chinese ones), semicolons and white space. */
export function splitTags(text: string): string[] {
  return text.split(/[\s,;，；、]+/).filter((tag) => tag !== '');
}

/** Tags that are there, and what a person is still typing: it counts too when the form is sent. */
export type TagsDraft = { readonly tags: readonly string[]; readonly typed: string };

export type TagsAdded =
  | { kind: 'added'; tags: string[] }
  | { kind: 'bad'; tag: string }
  | { kind: 'tooMany'; count: number };

export function addTags({ tags, typed }: TagsDraft): TagsAdded {
  const wanted = splitTags(typed);
  const bad = wanted.find((tag) => !isTag(tag));
  if (bad !== undefined) return { kind: 'bad', tag: bad };
  const all = [...new Set([...tags, ...wanted])];
  return all.length > TAGS_MAX ? { kind: 'tooMany', count: all.length } : { kind: 'added', tags: all };
}
