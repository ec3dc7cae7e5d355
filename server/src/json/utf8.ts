/** Finds the first place where bytes are not UTF-8 (RFC 3629: no overlong forms, no surrogates). */
import { isUtf8 } from 'node:buffer';

/** The offset of the first byte of the first ill-formed sequence, or -1 when all of it is UTF-8. */
export function findInvalidUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/** The bytes of the character at `at`; 0 when it is not a well-formed one. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const second = bytes[at + 1];
  if (second === undefined || second < secondByteMin(lead) || second > secondByteMax(lead)) return 0;
  if (lead < 0xe0) return 2;
  if (!isContinuation(bytes[at + 2])) return 0;
  if (lead < 0xf0) return 3;
  return isContinuation(bytes[at + 3]) ? 4 : 0;
}

/** E0 and F0 could otherwise write a shorter character in a longer form. */
function secondByteMin(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

/** ED could otherwise write a surrogate, and F4 a code point above U+10FFFF. */
function secondByteMax(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
