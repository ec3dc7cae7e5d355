/**
 * Line breaks as they were written. CodeMirror counts each as one character and writes `\n`; devices get the
 * author's bytes, so a text with CR LF stays one, and a mixed text keeps its odd carriage returns as characters.
 */

/** What CodeMirror is told to break lines at, so that its text comes out as it went in. */
export function separatorOf(text: string): '\n' | '\r\n' {
  if (!text.includes('\r\n')) return '\n';
  return /(^|[^\r])\n|\r(?!\n)/.test(text) ? '\n' : '\r\n';
}

/** Where a place in the text is in a document whose line breaks count as one. */
export function documentPosition(text: string, index: number): number {
  if (separatorOf(text) === '\n') return index;
  let breaks = 0;
  for (let at = text.indexOf('\r\n'); at >= 0 && at < index; at = text.indexOf('\r\n', at + 2)) breaks += 1;
  return index - breaks;
}

/** The place in the text of the byte at this offset of its UTF-8 form. */
export function indexOfByte(bytes: Uint8Array, byteOffset: number): number {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, byteOffset)).length;
}

export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
