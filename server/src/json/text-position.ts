/**
 * Turns byte offsets into the line and column a person sees in an editor.
 *
 * A check may report two hundred places in a text of one line and a megabyte, so the places are
 * collected first and found together in a single pass.
 */

/**
 * `line` counts from 1; a line ends with LF, CR LF or a lone CR, as editors count.
 * `column` counts from 1 in Unicode code points: an emoji is one column, and so is a tab.
 */
export type TextPosition = { readonly line: number; readonly column: number };

/** The positions of the given offsets. An offset past the end gets the position of the end. */
export function locateOffsets(
  bytes: Uint8Array,
  offsets: readonly number[],
): ReadonlyMap<number, TextPosition> {
  const positions = new Map<number, TextPosition>();
  let at = 0;
  let line = 1;
  let column = 1;
  for (const offset of offsets.toSorted((a, b) => a - b)) {
    const end = Math.min(offset, bytes.length);
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (byte === 0x0a || (byte === 0x0d && bytes[at + 1] !== 0x0a)) {
        line += 1;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) {
        column += 1;
      }
    }
    positions.set(offset, { line, column });
  }
  return positions;
}
