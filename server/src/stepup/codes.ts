/**
 * The six digits themselves: making, hashing and comparing them.
 *
 * Six digits can be guessed in a million tries, so a plain hash would protect a stored code from nobody.
 * It is therefore keyed with a secret of the server that is not in the store, and bound to its challenge:
 * a stored hash is useless without the key and can be moved to no other challenge.
 */
import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

const CODE_DIGITS = 6;
const KEY_BYTES_MIN = 16;

/** Six decimal digits, leading zeros included, each of the million equally likely. */
export function createCode(): string {
  return String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
}

/** What is stored in place of a code: lower-case hexadecimal HMAC-SHA256. */
export function hashCode(key: Uint8Array, challengeId: string, code: string): string {
  if (key.byteLength < KEY_BYTES_MIN)
    throw new RangeError(`The key must have at least ${KEY_BYTES_MIN} bytes.`);
  // The zero byte keeps the two parts apart: neither an id nor a code can contain one.
  return createHmac('sha256', key).update(`${challengeId}\0${code}`, 'utf8').digest('hex');
}

/** Compares two codes or two hashes in a time that does not depend on where they differ. */
export function codesEqual(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left, 'utf8');
  const rightBytes = Buffer.from(right, 'utf8');
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
