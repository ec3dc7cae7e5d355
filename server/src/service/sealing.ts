/**
 * AES-256-GCM boxes for secrets at rest, and keys derived from one root key.
 *
 * The root key is a setting, or made at first start and kept in the data directory with mode 0600.
 * Box: format byte, 12-byte nonce, 16-byte tag, ciphertext. The purpose is authenticated with it.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DomainError } from '../domain/errors.ts';
import type { Sealer } from '../domain/sealer.ts';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

export function createSealer(rootKey: Uint8Array): Sealer {
  const derive = (use: string) => new Uint8Array(hkdfSync('sha256', rootKey, 'opencota', use, KEY_BYTES));
  const boxKey = derive('boxes');
  return {
    seal(purpose, secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', boxKey, nonce).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), sealed]);
    },
    open(purpose, box) {
      if (box.length < HEAD_BYTES || box[0] !== FORMAT)
        throw new Error('This is not a sealed box of this server.');
      const decipher = createDecipheriv('aes-256-gcm', boxKey, box.subarray(1, 1 + NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(box.subarray(1 + NONCE_BYTES, HEAD_BYTES));
      return decipher.update(box.subarray(HEAD_BYTES), undefined, 'utf8') + decipher.final('utf8');
    },
    derive,
  };
}

/** Reads a root key written as 64 hex digits or base64 of 32 bytes. */
export function parseRootKey(text: string): Uint8Array {
  const trimmed = text.trim();
  const key = /^[0-9a-fA-F]{64}$/.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(trimmed, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new DomainError(
      'unavailable',
      'OPENCOTA_SECRET_KEY must be 32 bytes, as 64 hex digits or base64. Make one with: openssl rand -hex 32',
    );
  }
  return key;
}

/** The key kept in the data directory; made when it is missing and `mayCreate` (there is no store yet). */
export function loadRootKey(path: string, mayCreate: boolean): Uint8Array {
  if (existsSync(path)) return parseRootKey(readFileSync(path, 'utf8'));
  if (!mayCreate) {
    throw new DomainError(
      'unavailable',
      `The key file ${path} is missing, and without it the device secrets in the store cannot be read. Put it back from a backup, or set OPENCOTA_SECRET_KEY.`,
    );
  }
  const key = randomBytes(KEY_BYTES);
  writeFileSync(path, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return key;
}
