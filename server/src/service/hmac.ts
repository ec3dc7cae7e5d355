/**
 * HMAC (RFC 2104) as two one-shot hashes.
 *
 * Links are signed and checked for every device of a push, signatures for every device that connects.
 * `createHmac` makes an object with a native part each time, which costs more than the hashing of so
 * little text, and the collector pays for it once more. It is what the tests compare with.
 */
import { hash } from 'node:crypto';

export type HmacAlgorithm = 'md5' | 'sha1' | 'sha256';

/** Of all three algorithms. */
const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** Signs with one key. The key's two blocks are made once. */
export function createHmacSigner(
  algorithm: HmacAlgorithm,
  key: Uint8Array,
): (content: Uint8Array) => Uint8Array {
  const short = key.length > BLOCK_BYTES ? hash(algorithm, key, 'buffer') : key;
  const inner = blockOf(short, INNER);
  const outer = blockOf(short, OUTER);
  return (content) => {
    const digest = hash(algorithm, Buffer.concat([inner, content]), 'buffer');
    return hash(algorithm, Buffer.concat([outer, digest]), 'buffer');
  };
}

/** The HMAC of one text, for a key that is used once. */
export function hmac(algorithm: HmacAlgorithm, key: string, content: string): Uint8Array {
  return createHmacSigner(algorithm, Buffer.from(key))(Buffer.from(content));
}

function blockOf(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  for (let at = 0; at < key.length; at++) block[at]! ^= key[at]!;
  return block;
}
