/**
 * Recovery codes: what a person writes down for the day the telephone is lost.
 *
 * Each has 80 random bits, so nobody guesses one even from its stored hash, and a plain SHA-256 is enough.
 * The alphabet has no I, L, O or U; a reader who writes one of the first three is understood all the same.
 */
import { createHash, randomInt } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 4;
const GROUP_CHARS = 4;
const RECOVERY_CODES_MAX = 100;

/** Codes such as `7K2M-9QXD-0TBH-W4ZC`, all different. They are shown once; only their hashes are stored. */
export function createRecoveryCodes(count = 10): string[] {
  if (!Number.isInteger(count) || count < 1 || count > RECOVERY_CODES_MAX) {
    throw new RangeError(`The number of recovery codes must be from 1 to ${RECOVERY_CODES_MAX}.`);
  }
  const codes = new Set<string>();
  while (codes.size < count) codes.add(createRecoveryCode());
  return [...codes];
}

/** The stored form of a recovery code, however it was typed; `undefined` if it cannot be one. */
export function hashRecoveryCode(typed: string): string | undefined {
  const code = readRecoveryCode(typed);
  return code === undefined ? undefined : createHash('sha256').update(code, 'utf8').digest('hex');
}

function createRecoveryCode(): string {
  const group = (): string =>
    Array.from({ length: GROUP_CHARS }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

/** Case, blanks and hyphens do not count; O is read as 0, I and L as 1. */
function readRecoveryCode(typed: string): string | undefined {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  const hasLength = code.length === GROUPS * GROUP_CHARS;
  return hasLength && [...code].every((character) => ALPHABET.includes(character)) ? code : undefined;
}
