/** Pages that name tests as `path` “title”: every file is there and has that test. */
import { existsSync, readFileSync } from 'node:fs';

const REFERENCE = /`(?<path>[\w./-]+\.ts)` “(?<title>[^”]+)”/g;

/** The references of a text that lead nowhere. */
export function findBrokenReferences(text: string): string[] {
  return listReferences(text)
    .filter(({ path, title }) => !existsSync(path) || !hasTest(readFileSync(path, 'utf8'), title))
    .map(({ path, title }) => `${path}: ${title}`);
}

export function listReferences(text: string): { path: string; title: string }[] {
  // Both groups take part in every match.
  return [...text.matchAll(REFERENCE)].map(({ groups }) => groups as { path: string; title: string });
}

/** The title stands in quotes of its own, so that no part of a sentence passes for one. */
function hasTest(source: string, title: string): boolean {
  const text = source.replaceAll('\\u0027', "'").replaceAll("\\'", "'");
  return ["'", '"', '`'].some((quote) => text.includes(quote + title + quote));
}
