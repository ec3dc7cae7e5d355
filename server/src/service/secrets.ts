/**
 * Secrets that the server hands out once: session tokens, API tokens, trusted-browser tokens.
 *
 * Each has 256 random bits, so nobody guesses one even from its stored SHA-256, and a stolen copy of the
 * store opens nothing.
 */
import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** 43 characters of `A-Za-z0-9_-`. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text can be one at all; anything else is not worth a look into the store. */
export function isSecret(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** What is stored in place of a secret. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
