/**
 * Signing in and out (R20, R21).
 *
 * An unknown user, a wrong password and a disabled account get the same refusal after the same work. The
 * session token is new each time and known only to its holder: the store has its hash. A one-time password
 * works until its owner sets another, or until a day is over.
 */
import type { Clock } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { SESSION_LIFETIME_MS, SIGN_IN_WINDOW_MS } from '../domain/limits.ts';
import type { Actor, User } from '../domain/people.ts';
import type { AccountRow, Store, Tx } from '../domain/store-port.ts';
import { toUser } from './account-rules.ts';
import { auditEntry, recordingRefusals } from './audited.ts';
import { anonymousActor, userActor } from './identify.ts';
import type { Passwords } from './passwords.ts';
import { createSecret, hashSecret } from './secrets.ts';
import { createSignInThrottle, networkOf, type SignInThrottle } from './sign-in-throttle.ts';
import { createThinning } from './thinned-refusals.ts';

export const USER_AGENT_CHARS_MAX = 300;
/** What the audit log names for a name that is no account's: people type passwords into the wrong field. */
const UNKNOWN_USER = '(unknown user)';

export type SignInRequest = { username: string; password: string; remoteAddress: string; userAgent: string };

export type SignedIn = {
  sessionToken: string;
  account: User;
  /** The password was made by the server. The session works all the same. */
  mustChangePassword: boolean;
  /** When the session ends at the latest, however much it is used. Epoch milliseconds. */
  expiresAt: number;
};

export interface SignIn {
  /** Refuses `sign-in-failed`; `throttled` with `detail.retryAfterSeconds`; `unavailable` when overrun. */
  signIn(request: SignInRequest): Promise<SignedIn>;
  /** Ends the actor's session. A token has none: refused `invalid-request`. */
  signOut(actor: Actor): Promise<void>;
}

type Parts = { store: Store; clock: Clock; passwords: Passwords };

export function createSignInService(parts: Parts): SignIn {
  const { store } = parts;
  const throttle = createSignInThrottle(parts);
  const count = createThinning(parts.clock, SIGN_IN_WINDOW_MS);
  return {
    async signIn(given) {
      const request = { ...given, username: given.username.trim().toLowerCase() };
      const account = await store.read((tx) => tx.people.findAccount(request.username));
      const deed = { action: 'session.create', productKey: null, target: account?.username ?? UNKNOWN_USER };
      // A wrong password gets its line each time, as there are only so many until one is throttled.
      const thin = ({ code }: DomainError) => {
        if (code === 'sign-in-failed') return {};
        const refusals = count(`${code} ${networkOf(request.remoteAddress)} ${deed.target}`);
        return refusals === undefined ? undefined : { refusals };
      };
      const work = () => throttle.admit(request, () => attempt(parts, throttle, request, account));
      return recordingRefusals(parts, anonymousActor(request.remoteAddress), deed, work, thin);
    },
    async signOut(actor) {
      const { sessionId } = actor;
      if (sessionId === null)
        throw new DomainError('invalid-request', 'A token has no session to end. Remove the token instead.');
      const deed = { action: 'session.remove', productKey: null, target: actor.name };
      await store.write(async (tx) => {
        await tx.people.removeWebSession(sessionId);
        await tx.audit.append(auditEntry(actor, deed, parts.clock.now().wallMs));
      });
    },
  };
}

async function attempt(
  parts: Parts,
  throttle: SignInThrottle,
  request: SignInRequest,
  account: AccountRow | undefined,
): Promise<SignedIn> {
  const { passwords, clock } = parts;
  const isRight =
    account === undefined
      ? await passwords.verifyAgainstNobody(request.password)
      : await passwords.verify(request.password, account.passwordHash);
  if (account === undefined || !isRight || !account.isEnabled) {
    await throttle.countFailure(request);
    throw failed();
  }
  demandFresh(account, clock.now().wallMs);
  return openSession(parts, throttle, request, account);
}

function openSession(
  { store, clock }: Parts,
  throttle: SignInThrottle,
  request: SignInRequest,
  checked: AccountRow,
): Promise<SignedIn> {
  return store.write(async (tx) => {
    const account = await tx.people.findAccountById(checked.id);
    // Disabled, removed or given another password while this one was being checked.
    if (account?.passwordHash !== checked.passwordHash || !account.isEnabled) throw failed();
    await throttle.forgive(tx, request);
    return createSession(tx, account, request, clock.now().wallMs);
  });
}

/** A new session of an account that has proved itself, and its line in the audit log. */
export async function createSession(
  tx: Tx,
  account: AccountRow,
  { remoteAddress, userAgent: given }: Pick<SignInRequest, 'remoteAddress' | 'userAgent'>,
  wallMs: number,
): Promise<SignedIn> {
  const sessionToken = createSecret();
  const id = hashSecret(sessionToken);
  const userAgent = given.slice(0, USER_AGENT_CHARS_MAX);
  await tx.people.createWebSession({
    id,
    accountId: account.id,
    createdAt: wallMs,
    usedAt: wallMs,
    wantedPush: null,
    remoteAddress,
    userAgent,
  });
  const deed = { action: 'session.create', productKey: null, target: account.username };
  await tx.audit.append(auditEntry(userActor(account, id, remoteAddress), deed, wallMs, { userAgent }));
  const user = toUser(account);
  const { mustChangePassword } = user;
  return { sessionToken, account: user, mustChangePassword, expiresAt: wallMs + SESSION_LIFETIME_MS };
}

/** Said only to somebody who knows the password. */
function demandFresh(account: AccountRow, wallMs: number): void {
  if (account.oneTimeUntil === null || wallMs < account.oneTimeUntil) return;
  throw new DomainError(
    'sign-in-failed',
    `This one-time password has expired. Make a new one on the server: opencota user reset-password ${account.username}`,
    { reason: 'one-time-password-expired' },
  );
}

function failed(): DomainError {
  return new DomainError('sign-in-failed', 'The user name or the password is not right.');
}
