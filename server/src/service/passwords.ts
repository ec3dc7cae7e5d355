/**
 * Passwords: hashing, checking, the policy, and the ones that the server makes itself.
 *
 * argon2id, with the parameters written into each hash, so that they can be raised later. One hash
 * occupies a core for some tens of milliseconds on purpose; how many run and wait at once is limited, so
 * that sign-ins can slow each other down but not the rest of the server.
 */
import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { DomainError } from '../domain/errors.ts';
import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '../domain/limits.ts';
import { isCommonPassword } from './common-passwords.ts';

export const ARGON2_MEMORY_KIB = 19 * 1024;
export const ARGON2_PASSES = 2;
export const ARGON2_PARALLELISM = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

/** Half of the default pool of threads, which files and name lookups share. */
export const HASHES_AT_ONCE_MAX = 2;
/** About four seconds of work. Whoever comes then is sent away rather than kept waiting. */
export const HASHES_WAITING_MAX = 200;
const BUSY_RETRY_SECONDS = 5;

/** No i, l, o, 0 or 1: it is read from a log and typed. */
const ONE_TIME_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const ONE_TIME_GROUPS = 5;
const ONE_TIME_GROUP_CHARS = 4;

export interface Passwords {
  /** Refuses `unavailable` when too many are waiting; so do the other two. */
  hash(password: string): Promise<string>;
  verify(password: string, passwordHash: string): Promise<boolean>;
  /** Does the work of `verify` for a user who does not exist, so that the time gives nothing away. */
  verifyAgainstNobody(password: string): Promise<false>;
}

/** The work that one hash is. */
export type PasswordCost = { memoryKib: number; passes: number; parallelism: number };

const CURRENT: PasswordCost = {
  memoryKib: ARGON2_MEMORY_KIB,
  passes: ARGON2_PASSES,
  parallelism: ARGON2_PARALLELISM,
};
const NOBODY_SALT = Buffer.alloc(SALT_BYTES);
const NOBODY_TAG = Buffer.alloc(TAG_BYTES);

const argon2Async = promisify(argon2);

type PasswordOptions = {
  hashesAtOnceMax?: number;
  hashesWaitingMax?: number;
  /** Of new hashes; less in tests, which make hundreds. */
  cost?: PasswordCost;
};

export function createPasswords(options: PasswordOptions = {}): Passwords {
  const { hashesAtOnceMax = HASHES_AT_ONCE_MAX, hashesWaitingMax = HASHES_WAITING_MAX } = options;
  const { cost = CURRENT } = options;
  const inGate = createGate(hashesAtOnceMax, hashesWaitingMax);
  const tagOf = (password: string, salt: Uint8Array, parameters: PasswordCost) =>
    inGate(() => computeTag(password, salt, parameters));
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return formatPhc(cost, salt, await tagOf(password, salt, cost));
    },
    async verify(password, passwordHash) {
      const { parameters, salt, tag } = parsePhc(passwordHash);
      const found = await tagOf(password, salt, parameters);
      return found.length === tag.length && timingSafeEqual(found, tag);
    },
    async verifyAgainstNobody(password) {
      timingSafeEqual(await tagOf(password, NOBODY_SALT, cost), NOBODY_TAG);
      return false;
    },
  };
}

/** Refuses `invalid-request` with `detail.reason`: `too-short`, `too-long` or `common`. */
export function demandGoodPassword(password: string, username: string): void {
  const length = [...password].length;
  const refuse = (reason: string, message: string): never => {
    throw new DomainError('invalid-request', message, { field: 'password', reason });
  };
  if (length < PASSWORD_CHARS_MIN)
    refuse('too-short', `The password must have at least ${PASSWORD_CHARS_MIN} characters; 15 are better.`);
  if (length > PASSWORD_CHARS_MAX)
    refuse('too-long', `The password must have at most ${PASSWORD_CHARS_MAX} characters.`);
  if (isCommonPassword(password, [username, ...username.split(/[^a-z0-9]+/)])) {
    refuse(
      'common',
      'This password is among the first that are guessed. Choose another, for instance several words.',
    );
  }
}

/** Such as `k7mw-3xqa-v2tb-9hcn-e5pd`: 99 random bits. */
export function createOneTimePassword(): string {
  const character = () => ONE_TIME_ALPHABET.charAt(randomInt(ONE_TIME_ALPHABET.length));
  const group = () => Array.from({ length: ONE_TIME_GROUP_CHARS }, character).join('');
  return Array.from({ length: ONE_TIME_GROUPS }, group).join('-');
}

function computeTag(password: string, salt: Uint8Array, parameters: PasswordCost): Promise<Buffer> {
  return argon2Async('argon2id', {
    // The same letters can come composed or decomposed, depending on the keyboard.
    message: Buffer.from(password.normalize('NFC'), 'utf8'),
    nonce: salt,
    tagLength: TAG_BYTES,
    memory: parameters.memoryKib,
    passes: parameters.passes,
    parallelism: parameters.parallelism,
  });
}

/** The PHC string format. */
function formatPhc({ memoryKib, passes, parallelism }: PasswordCost, salt: Buffer, tag: Buffer): string {
  const parameters = `m=${memoryKib},t=${passes},p=${parallelism}`;
  return `$argon2id$v=19$${parameters}$${toBase64(salt)}$${toBase64(tag)}`;
}

function parsePhc(text: string): { parameters: PasswordCost; salt: Buffer; tag: Buffer } {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text);
  if (match === null) throw new Error('A stored password hash is not an argon2id string.');
  const [, memory, passes, parallelism, salt = '', tag = ''] = match;
  return {
    parameters: { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

/** Lets at most `atOnceMax` run, keeps at most `waitingMax` waiting in order, and refuses the rest. */
function createGate(atOnceMax: number, waitingMax: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnceMax) running += 1;
    else if (waiting.length < waitingMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw busy();
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place is handed over, so `running` stays.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function busy(): DomainError {
  return new DomainError(
    'unavailable',
    'Too many people are signing in at this moment. Try again in some seconds.',
    {
      retryAfterSeconds: BUSY_RETRY_SECONDS,
    },
  );
}
