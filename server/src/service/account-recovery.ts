/**
 * One-time passwords: how the first admin gets in, and how nobody stays locked out (R20).
 *
 * No default password exists. At first start an account `admin` is made with a random password that
 * the caller prints; it works until its owner sets another or a day is over. A server left alone for
 * longer than that makes a new one at its next start. These passwords are returned once and never logged here.
 */
import type { Clock } from '../domain/clock.ts';
import { ONE_TIME_PASSWORD_LIFETIME_MS } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { AccountRow, Store, Tx } from '../domain/store-port.ts';
import { getAccount, listWorkingAdmins, shownName } from './account-rules.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { systemActor } from './identify.ts';
import { createOneTimePassword, type Passwords } from './passwords.ts';

export const FIRST_ADMIN = 'admin';

export type OneTimePassword = { username: string; oneTimePassword: string; validUntil: number };

export interface AccountRecovery {
  /**
   * Makes `admin` when there are no accounts, and renews the one-time password of the only admin when it
   * expired unused. Called at start. @returns what the caller has to print, if anything.
   */
  ensureFirstAdmin(): Promise<OneTimePassword | undefined>;
  /**
   * Replaces a person's password by a one-time password and ends the person's sessions. For admins, and
   * with `systemActor()` for the command line on the server. API tokens and the authenticator stay.
   */
  resetPassword(actor: Actor, username: string): Promise<OneTimePassword>;
}

type Parts = { store: Store; clock: Clock; passwords: Passwords };

export function createAccountRecovery(parts: Parts): AccountRecovery {
  const { store, clock, passwords } = parts;
  return {
    async ensureFirstAdmin() {
      const need = await store.read((tx) => findNeed(tx, clock.now().wallMs));
      if (need === undefined) return undefined;
      const made = createOneTime(need === 'create' ? FIRST_ADMIN : need.username, clock);
      const passwordHash = await passwords.hash(made.oneTimePassword);
      await store.write((tx) =>
        need === 'create'
          ? createFirstAdmin(tx, made, passwordHash, clock)
          : replacePassword(tx, systemActor(), made, passwordHash, clock),
      );
      return made;
    },
    resetPassword(actor, username) {
      const deed = { action: 'user.reset-password', productKey: null, target: shownName(username) };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'admin');
        await store.read((tx) => getAccount(tx, username));
        const made = createOneTime(username, clock);
        const passwordHash = await passwords.hash(made.oneTimePassword);
        await store.write((tx) => replacePassword(tx, actor, made, passwordHash, clock));
        return made;
      });
    },
  };
}

/** A one-time password that the server makes for an account. */
export function createOneTime(username: string, clock: Clock): OneTimePassword {
  const validUntil = clock.now().wallMs + ONE_TIME_PASSWORD_LIFETIME_MS;
  return { username, oneTimePassword: createOneTimePassword(), validUntil };
}

async function findNeed(tx: Tx, wallMs: number): Promise<'create' | AccountRow | undefined> {
  if ((await tx.people.countAccounts()) === 0) return 'create';
  const [admin, ...others] = await listWorkingAdmins(tx);
  if (admin === undefined || others.length > 0) return undefined;
  const hasExpiredUnused = admin.oneTimeUntil !== null && wallMs >= admin.oneTimeUntil;
  return hasExpiredUnused ? admin : undefined;
}

async function createFirstAdmin(
  tx: Tx,
  made: OneTimePassword,
  passwordHash: string,
  clock: Clock,
): Promise<void> {
  const { wallMs } = clock.now();
  await tx.people.createAccount({
    username: made.username,
    passwordHash,
    oneTimeUntil: made.validUntil,
    roles: ['admin'],
    isEnabled: true,
    phone: null,
    email: null,
    language: 'en',
    totpSealed: null,
    totpLastStep: null,
    createdAt: wallMs,
  });
  const deed = { action: 'user.create', productKey: null, target: made.username };
  await tx.audit.append(
    auditEntry(systemActor(), deed, wallMs, { roles: ['admin'], hasOneTimePassword: true }),
  );
}

async function replacePassword(
  tx: Tx,
  actor: Actor,
  made: OneTimePassword,
  passwordHash: string,
  clock: Clock,
): Promise<void> {
  const account = await getAccount(tx, made.username);
  await tx.people.updateAccount(account.id, { passwordHash, oneTimeUntil: made.validUntil });
  await tx.people.removeWebSessionsOf(account.id, null);
  await tx.people.removeTrustedBrowsersOf(account.id);
  const deed = { action: 'user.reset-password', productKey: null, target: account.username };
  const detail = { validUntil: new Date(made.validUntil).toISOString() };
  await tx.audit.append(auditEntry(actor, deed, clock.now().wallMs, detail));
}
