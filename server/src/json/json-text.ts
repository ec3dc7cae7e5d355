/** Small readers of JSON text shared by the check and the tree: string tokens and JSON Pointers. */

/** A view of the bytes that can read text out of itself without copying. */
export function viewBytes(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The string a token stands for. The token runs from `start` to `end`, quotes included, and is valid. */
export function readStringToken(
  bytes: Buffer,
  token: { readonly start: number; readonly end: number; readonly hasEscape: boolean },
): string {
  if (!token.hasEscape) return bytes.toString('utf8', token.start + 1, token.end - 1);
  return String(JSON.parse(bytes.toString('utf8', token.start, token.end)));
}

/** A path as a JSON Pointer (RFC 6901); the empty path is the empty string. */
export function jsonPointer(path: Iterable<string | number>): string {
  let pointer = '';
  for (const part of path) pointer += `/${escapePointerPart(part)}`;
  return pointer;
}

/** One step of a JSON Pointer, escaped. */
export function escapePointerPart(part: string | number): string {
  return String(part).replaceAll('~', '~0').replaceAll('/', '~1');
}

/** At most `charactersMax` characters (UTF-16 units) of a text, with "…" where something was left out. */
export function shorten(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax).toWellFormed()}…`;
}
