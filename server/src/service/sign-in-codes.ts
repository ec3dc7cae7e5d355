/**
 * Sign-in of a program without a password on its machine (the way of RFC 8628): it shows a short code, a person who is
 * signed in confirms the code in a browser, and the program gets a session of that person.
 *
 * The short code only names the request; the program proves that it asked by a secret of 256 bits. Whoever confirms
 * sees where the request came from, because a stranger could have sent them the code. Requests live in memory: a
 * server that starts anew has forgotten them, and the program asks again.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import {
  SIGN_IN_CODE_LIFETIME_MS,
  SIGN_IN_CODE_POLL_SECONDS,
  SIGN_IN_CODES_MAX,
  SIGN_IN_CODES_PER_ADDRESS_MAX,
} from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Store } from '../domain/store-port.ts';
import { auditEntry, recordingRefusals } from './audited.ts';
import { anonymousActor } from './identify.ts';
import { demandPerson } from './own-account.ts';
import { createSecret, hashSecret } from './secrets.ts';
import { createSession, type SignedIn, USER_AGENT_CHARS_MAX } from './sign-in.ts';

/** No vowels, so no words, and nothing that looks like another letter (RFC 8628 6.1). */
const CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const CODE_GROUP_CHARS = 4;

export type Asker = { remoteAddress: string; userAgent: string };
export type SignInCode = Asker & { code: string; createdAt: number };
export type Begun = { code: string; secret: string; expiresAt: number; intervalSeconds: number };

export interface SignInCodes {
  /** A program asks. Refuses `throttled` when too many wait. */
  begin(asker: Asker): Begun;
  /** Who asks by this code. Refuses `not-found`; for people only. */
  find(actor: Actor, code: string): SignInCode;
  /** Says yes or no to it, once. */
  decide(actor: Actor, code: string, isAllowed: boolean): Promise<void>;
  /**
   * The program asks whether somebody did. @returns undefined: not yet.
   * Refuses `sign-in-failed` with `detail.reason` (`denied`, `expired`), and `throttled` when asked too often.
   */
  claim(secret: string, asker: Asker): Promise<SignedIn | undefined>;
}

type Waiting = SignInCode & {
  secretHash: string;
  endsMs: number;
  /** Nothing is answered before; service time. */
  pollFromMs: number;
  verdict: { accountId: number } | 'denied' | undefined;
};

type Parts = { store: Store; clock: Clock };

export function createSignInCodes(parts: Parts): SignInCodes {
  const { clock } = parts;
  /** By the hash of the secret, oldest first. */
  const waiting = new Map<string, Waiting>();
  const forgetOld = () => {
    const { serviceMs } = clock.now();
    for (const [key, { endsMs }] of waiting) if (endsMs <= serviceMs) waiting.delete(key);
  };
  const find = (actor: Actor, code: string): Waiting => {
    demandPerson(actor);
    forgetOld();
    const wanted = normalised(code);
    const found = [...waiting.values()].find((each) => each.code === wanted && each.verdict === undefined);
    if (found !== undefined) return found;
    throw new DomainError(
      'not-found',
      'No sign-in waits with this code. It may have expired; start it again.',
    );
  };
  return {
    begin(asker) {
      forgetOld();
      demandRoom([...waiting.values()], asker.remoteAddress);
      const { wallMs, serviceMs } = clock.now();
      const secret = createSecret();
      const secretHash = hashSecret(secret);
      const code = createCode();
      waiting.set(secretHash, {
        code,
        secretHash,
        remoteAddress: asker.remoteAddress,
        userAgent: asker.userAgent.slice(0, USER_AGENT_CHARS_MAX),
        createdAt: wallMs,
        endsMs: serviceMs + SIGN_IN_CODE_LIFETIME_MS,
        pollFromMs: serviceMs,
        verdict: undefined,
      });
      const expiresAt = wallMs + SIGN_IN_CODE_LIFETIME_MS;
      return { code, secret, expiresAt, intervalSeconds: SIGN_IN_CODE_POLL_SECONDS };
    },
    find(actor, code) {
      const { remoteAddress, userAgent, createdAt, code: exact } = find(actor, code);
      return { code: exact, remoteAddress, userAgent, createdAt };
    },
    decide: async (actor, code, isAllowed) => decide(parts, actor, find(actor, code), isAllowed),
    async claim(secret, asker) {
      forgetOld();
      const found = waiting.get(hashSecret(secret));
      // A guess decides nothing and is worth no line in the audit log.
      if (found === undefined) throw over('expired', 'The code has expired. Start again.');
      const deed = { action: 'session.create', productKey: null, target: '(sign-in code)' };
      return recordingRefusals(parts, anonymousActor(asker.remoteAddress), deed, async () => {
        demandPatience(found, clock);
        if (found.verdict === undefined) return undefined;
        // Once: whatever becomes of it, this secret is used up.
        waiting.delete(found.secretHash);
        if (found.verdict === 'denied') throw over('denied', 'The sign-in was refused in the browser.');
        return open(parts, found.verdict.accountId, asker);
      });
    },
  };
}

async function decide(
  { store, clock }: Parts,
  actor: Actor,
  found: Waiting,
  isAllowed: boolean,
): Promise<void> {
  const { userId } = actor;
  if (userId === null) throw new Error('A person has an id.');
  const account = await store.read((tx) => tx.people.findAccountById(userId));
  if (isAllowed && account?.mustChangePassword)
    throw new DomainError('forbidden', 'Choose your own password first; then confirm the sign-in.');
  found.verdict = isAllowed ? { accountId: userId } : 'denied';
  const action = isAllowed ? 'session.allow' : 'session.deny';
  const deed = { action, productKey: null, target: found.remoteAddress };
  const detail = { userAgent: found.userAgent };
  await store.write((tx) => tx.audit.append(auditEntry(actor, deed, clock.now().wallMs, detail)));
}

function open({ store, clock }: Parts, accountId: number, asker: Asker): Promise<SignedIn> {
  return store.write(async (tx) => {
    const account = await tx.people.findAccountById(accountId);
    // Disabled or removed since.
    if (!account?.isEnabled) throw over('denied', 'The account that allowed it is gone.');
    return createSession(tx, account, asker, clock.now().wallMs);
  });
}

function demandRoom(waiting: readonly Waiting[], remoteAddress: string): void {
  const ofAddress = waiting.filter((each) => each.remoteAddress === remoteAddress).length;
  if (waiting.length < SIGN_IN_CODES_MAX && ofAddress < SIGN_IN_CODES_PER_ADDRESS_MAX) return;
  const retryAfterSeconds = Math.ceil(SIGN_IN_CODE_LIFETIME_MS / 1000);
  throw new DomainError('throttled', 'Too many sign-ins wait to be confirmed. Confirm one, or wait.', {
    retryAfterSeconds,
  });
}

function demandPatience(found: Waiting, clock: Clock): void {
  const { serviceMs } = clock.now();
  const isEarly = serviceMs < found.pollFromMs;
  // A second's slack, so that a program that keeps to the interval is never told off.
  found.pollFromMs = serviceMs + (SIGN_IN_CODE_POLL_SECONDS - 1) * 1000;
  if (isEarly)
    throw new DomainError('throttled', `Ask every ${SIGN_IN_CODE_POLL_SECONDS} seconds.`, {
      retryAfterSeconds: SIGN_IN_CODE_POLL_SECONDS,
    });
}

function over(reason: 'denied' | 'expired', message: string): DomainError {
  return new DomainError('sign-in-failed', message, { reason });
}

function createCode(): string {
  const group = () =>
    Array.from({ length: CODE_GROUP_CHARS }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join('');
  return `${group()}-${group()}`;
}

/** As people type it: in small letters, without the dash. */
function normalised(code: string): string {
  const letters = code.toUpperCase().replace(/[^A-Z]/g, '');
  return `${letters.slice(0, CODE_GROUP_CHARS)}-${letters.slice(CODE_GROUP_CHARS)}`;
}
