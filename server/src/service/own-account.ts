/**
 * What people do with their own account: change the password, and enrol an authenticator app.
 *
 * Each of these asks for the current password, since whoever holds only a session (a browser left open,
 * a stolen cookie) must not be able to turn it into a second factor or into a password of their own. The
 * guesses at it are limited like those at a sign-in.
 */
import type { Clock } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { SIGN_IN_FAILURES_PER_WINDOW, SIGN_IN_WINDOW_MS } from '../domain/limits.ts';
import type { Actor, User } from '../domain/people.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { AccountRow, Store, Tx } from '../domain/store-port.ts';
import { createRecoveryCodes, hashRecoveryCode } from '../stepup/recovery-codes.ts';
import { checkTotp, createTotpSecret, totpUri } from '../stepup/totp.ts';
import { totpPurpose, toUser } from './account-rules.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { demandGoodPassword, type Passwords } from './passwords.ts';

const TOTP_ISSUER = 'OpenCOTA';

export interface OwnAccount {
  /** The account behind a session or a token. */
  getOwn(actor: Actor): Promise<User>;
  /** Ends all other sessions of the person. Refuses `sign-in-failed` for a wrong current password. */
  changeOwnPassword(actor: Actor, change: { currentPassword: string; newPassword: string }): Promise<User>;
  /** A secret for an authenticator app. It counts from `confirmTotp` on; a second call replaces it. */
  beginTotp(actor: Actor, proof: { currentPassword: string }): Promise<{ secret: string; uri: string }>;
  /** Refuses `step-up-failed` for a wrong code. The recovery codes are shown this once. */
  confirmTotp(actor: Actor, code: string): Promise<{ recoveryCodes: string[] }>;
  removeTotp(actor: Actor, proof: { currentPassword: string }): Promise<void>;
}

type Parts = { store: Store; clock: Clock; sealer: Sealer; passwords: Passwords };

export function createOwnAccount(parts: Parts): OwnAccount {
  /** Runs `work` for a signed-in person, with refusals recorded. */
  const asPerson = <T>(actor: Actor, action: string, work: (account: AccountRow) => Promise<T>): Promise<T> =>
    recordingRefusals(parts, actor, { action, productKey: null, target: actor.name }, async () => {
      demandPerson(actor);
      return work(await parts.store.read((tx) => getOwnAccount(tx, actor)));
    });
  return {
    async getOwn(actor) {
      demand(actor, 'read');
      return toUser(await parts.store.read((tx) => getOwnAccount(tx, actor)));
    },
    changeOwnPassword: (actor, { currentPassword, newPassword }) =>
      asPerson(actor, 'user.change-password', async (account) => {
        await confirmPassword(parts, account, currentPassword);
        return changePassword(parts, actor, account, newPassword);
      }),
    beginTotp: (actor, { currentPassword }) =>
      asPerson(actor, 'totp.begin', async (account) => {
        await confirmPassword(parts, account, currentPassword);
        return beginTotp(parts, actor);
      }),
    confirmTotp: (actor, code) => asPerson(actor, 'totp.confirm', () => confirmTotp(parts, actor, code)),
    removeTotp: (actor, { currentPassword }) =>
      asPerson(actor, 'totp.remove', async (account) => {
        await confirmPassword(parts, account, currentPassword);
        await parts.store.write(async (tx) => {
          await clearTotp(tx, account.id);
          await record(tx, parts.clock, actor, 'totp.remove');
        });
      }),
  };
}

/** Takes the authenticator and its recovery codes off an account. */
export async function clearTotp(tx: Tx, accountId: number): Promise<void> {
  await tx.people.updateAccount(accountId, { totpSealed: null, totpLastStep: null });
  await tx.people.setRecoveryCodes(accountId, []);
}

export function demandPerson(actor: Actor): void {
  if (actor.kind === 'user' && actor.userId !== null && actor.sessionId !== null) return;
  throw new DomainError('forbidden', 'Only a signed-in person may do this, not a token.');
}

async function getOwnAccount(tx: Tx, actor: Actor): Promise<AccountRow> {
  const account = actor.userId === null ? undefined : await tx.people.findAccountById(actor.userId);
  if (account === undefined) throw new DomainError('not-found', 'This account does not exist any more.');
  return account;
}

/** Every guess is counted before the password is looked at, so that no number of guesses at once gets around it. */
async function confirmPassword(
  { store, clock, passwords }: Parts,
  account: AccountRow,
  password: string,
): Promise<void> {
  const key = `password-check:account:${account.id}`;
  const now = clock.now();
  const { count, endsMs } = await store.write((tx) => tx.people.throttle(key, SIGN_IN_WINDOW_MS, now));
  if (count > SIGN_IN_FAILURES_PER_WINDOW) {
    throw new DomainError('throttled', 'The current password was wrong too often. Try again later.', {
      retryAfterSeconds: Math.ceil((endsMs - now.serviceMs) / 1000),
    });
  }
  if (!(await passwords.verify(password, account.passwordHash)))
    throw new DomainError('sign-in-failed', 'The current password is not right.', {
      field: 'currentPassword',
    });
  await store.write((tx) => tx.people.resetThrottle(key));
}

async function changePassword(
  { store, clock, passwords }: Parts,
  actor: Actor,
  account: AccountRow,
  newPassword: string,
): Promise<User> {
  demandGoodPassword(newPassword, account.username);
  if (await passwords.verify(newPassword, account.passwordHash))
    throw new DomainError('invalid-request', 'The new password is the current one. Choose another.', {
      field: 'newPassword',
      reason: 'unchanged',
    });
  const passwordHash = await passwords.hash(newPassword);
  return store.write(async (tx) => {
    const current = await getOwnAccount(tx, actor);
    if (current.passwordHash !== account.passwordHash)
      throw new DomainError(
        'action-not-allowed',
        'The password was changed elsewhere meanwhile. Sign in again.',
      );
    await tx.people.updateAccount(account.id, { passwordHash, oneTimeUntil: null });
    await tx.people.removeWebSessionsOf(account.id, actor.sessionId);
    await tx.people.removeTrustedBrowsersOf(account.id);
    await record(tx, clock, actor, 'user.change-password');
    return toUser(await getOwnAccount(tx, actor));
  });
}

function beginTotp({ store, clock, sealer }: Parts, actor: Actor): Promise<{ secret: string; uri: string }> {
  const secret = createTotpSecret();
  return store.write(async (tx) => {
    const account = await getOwnAccount(tx, actor);
    if (account.hasTotp)
      throw new DomainError(
        'action-not-allowed',
        'An authenticator is enrolled already. Remove it before you enrol another.',
      );
    const totpSealed = sealer.seal(totpPurpose(account.id), secret);
    await tx.people.updateAccount(account.id, { totpSealed, totpLastStep: null });
    await record(tx, clock, actor, 'totp.begin');
    return { secret, uri: totpUri({ secret, account: account.username, issuer: TOTP_ISSUER }) };
  });
}

async function confirmTotp(
  { store, clock, sealer }: Parts,
  actor: Actor,
  code: string,
): Promise<{ recoveryCodes: string[] }> {
  const recoveryCodes = createRecoveryCodes();
  const hashes = recoveryCodes.map(hashRecoveryCode).filter((each) => each !== undefined);
  await store.write(async (tx) => {
    const account = await getOwnAccount(tx, actor);
    if (account.totpSealed === null || account.hasTotp)
      throw new DomainError(
        'action-not-allowed',
        'There is no authenticator to confirm. Begin the enrolment first.',
      );
    const secret = sealer.open(totpPurpose(account.id), account.totpSealed);
    const result = checkTotp({ secret, code, afterTimeStep: undefined, nowMs: clock.now().wallMs });
    if (!result.ok)
      throw new DomainError(
        'step-up-failed',
        'The code is not right. Check the time of the telephone, then enter the newest code.',
        {
          reason: 'wrong-code',
        },
      );
    await tx.people.updateAccount(account.id, { totpLastStep: result.timeStep });
    await tx.people.setRecoveryCodes(account.id, hashes);
    await record(tx, clock, actor, 'totp.confirm');
  });
  return { recoveryCodes };
}

async function record(tx: Tx, clock: Clock, actor: Actor, action: string): Promise<void> {
  await tx.audit.append(
    auditEntry(actor, { action, productKey: null, target: actor.name }, clock.now().wallMs),
  );
}
