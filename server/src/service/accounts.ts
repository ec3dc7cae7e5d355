/**
 * Accounts: who may use the server, and as what (R20).
 *
 * A change counts at once, because whoever asks is looked up anew each time (`identify.ts`). The last
 * enabled admin can be neither disabled, demoted nor removed, or nobody could undo it.
 */
import type { Clock } from '../domain/clock.ts';
import type { Actor, Role, User } from '../domain/people.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { AccountRow, PageOf, Store } from '../domain/store-port.ts';
import { maskAddress } from '../stepup/mask-address.ts';
import { type AccountRecovery, createAccountRecovery, createOneTime } from './account-recovery.ts';
import {
  type AccountFields,
  demandFields,
  demandOtherAdmin,
  demandUsername,
  getAccount,
  isWorkingAdmin,
  shownName,
  toUser,
} from './account-rules.ts';
import { auditEntry, type Deed, demand, recordingRefusals } from './audited.ts';
import { clearTotp, createOwnAccount, type OwnAccount } from './own-account.ts';
import { demandGoodPassword, type Passwords } from './passwords.ts';
import { writeAs } from './write-as.ts';

export type NewAccount = {
  username: string;
  roles: readonly Role[];
  /** Without one the server makes a one-time password. */
  password?: string;
  phone?: string | null;
  email?: string | null;
  language?: 'en' | 'zh';
};

export type AccountChange = Partial<AccountFields & { isEnabled: boolean }>;

export interface AccountAdministration {
  /** `oneTimePassword` is there when no password was given, and is shown this once. */
  create(actor: Actor, account: NewAccount): Promise<{ account: User; oneTimePassword?: string }>;
  /** By name, ascending. */
  list(actor: Actor, page: PageOf<string>): Promise<User[]>;
  get(actor: Actor, username: string): Promise<User>;
  /** Refuses `action-not-allowed` for what would leave no enabled admin. Disabling ends the sessions. */
  update(actor: Actor, username: string, change: AccountChange): Promise<User>;
  /** With the account go its sessions, tokens and trusted browsers. */
  remove(actor: Actor, username: string): Promise<void>;
  /** For a person who lost both the authenticator and the recovery codes. */
  resetTotp(actor: Actor, username: string): Promise<void>;
}

export interface Accounts extends AccountAdministration, AccountRecovery, OwnAccount {}

type Parts = { store: Store; clock: Clock; sealer: Sealer; passwords: Passwords };

export function createAccountService(parts: Parts): Accounts {
  return { ...createAdministration(parts), ...createAccountRecovery(parts), ...createOwnAccount(parts) };
}

function createAdministration(parts: Parts): AccountAdministration {
  const { store } = parts;
  /** Runs `work` for an admin, with refusals recorded. */
  const asAdmin = <T>(
    actor: Actor,
    action: string,
    username: string,
    work: (deed: Deed) => Promise<T>,
  ): Promise<T> => {
    const deed = { action, productKey: null, target: shownName(username) };
    return recordingRefusals(parts, actor, deed, async () => {
      demand(actor, 'admin');
      return work(deed);
    });
  };
  return {
    create: (actor, account) =>
      asAdmin(actor, 'user.create', account.username, (deed) => createAccount(parts, actor, deed, account)),
    async list(actor, page) {
      demand(actor, 'admin');
      const accounts = await store.read((tx) => tx.people.listAccounts(page));
      return accounts.map(toUser);
    },
    async get(actor, username) {
      demand(actor, 'admin');
      return toUser(await store.read((tx) => getAccount(tx, username)));
    },
    update: (actor, username, change) =>
      asAdmin(actor, 'user.update', username, (deed) => updateAccount(parts, actor, deed, change)),
    remove: (actor, username) =>
      asAdmin(actor, 'user.remove', username, (deed) => removeAccount(parts, actor, deed)),
    resetTotp: (actor, username) =>
      asAdmin(actor, 'totp.reset', username, (deed) =>
        writeAs(store, actor, async (tx) => {
          await clearTotp(tx, (await getAccount(tx, username)).id);
          await tx.audit.append(auditEntry(actor, deed, parts.clock.now().wallMs));
        }),
      ),
  };
}

async function createAccount(
  { store, clock, passwords }: Parts,
  actor: Actor,
  deed: Deed,
  given: NewAccount,
): Promise<{ account: User; oneTimePassword?: string }> {
  demandUsername(given.username);
  demandFields(given);
  if (given.password !== undefined) demandGoodPassword(given.password, given.username);
  const oneTime = given.password === undefined ? createOneTime(given.username, clock) : undefined;
  const passwordHash = await passwords.hash(given.password ?? oneTime!.oneTimePassword);
  const account = await writeAs(store, actor, async (tx) => {
    const { wallMs } = clock.now();
    const created = await tx.people.createAccount({
      username: given.username,
      passwordHash,
      oneTimeUntil: oneTime?.validUntil ?? null,
      roles: given.roles,
      isEnabled: true,
      phone: given.phone ?? null,
      email: given.email ?? null,
      language: given.language ?? 'en',
      totpSealed: null,
      totpLastStep: null,
      createdAt: wallMs,
    });
    await tx.audit.append(
      auditEntry(actor, deed, wallMs, { ...shown(created), hasOneTimePassword: oneTime !== undefined }),
    );
    return toUser(created);
  });
  return oneTime === undefined ? { account } : { account, oneTimePassword: oneTime.oneTimePassword };
}

function updateAccount(
  { store, clock }: Parts,
  actor: Actor,
  deed: Deed,
  change: AccountChange,
): Promise<User> {
  demandFields(change);
  // Only these: a caller's object may hold more than its type says.
  const { roles, isEnabled, phone, email, language } = change;
  return writeAs(store, actor, async (tx) => {
    const before = await getAccount(tx, deed.target);
    const wanted = { roles: roles ?? before.roles, isEnabled: isEnabled ?? before.isEnabled };
    if (isWorkingAdmin(before) && !isWorkingAdmin(wanted)) await demandOtherAdmin(tx, before);
    await tx.people.updateAccount(before.id, {
      ...wanted,
      ...(phone === undefined ? {} : { phone }),
      ...(email === undefined ? {} : { email }),
      ...(language === undefined ? {} : { language }),
    });
    if (!wanted.isEnabled) {
      await tx.people.removeWebSessionsOf(before.id, null);
      await tx.people.removeTrustedBrowsersOf(before.id);
    }
    const after = await getAccount(tx, deed.target);
    await tx.audit.append(
      auditEntry(actor, deed, clock.now().wallMs, { before: shown(before), after: shown(after) }),
    );
    return toUser(after);
  });
}

function removeAccount({ store, clock }: Parts, actor: Actor, deed: Deed): Promise<void> {
  return writeAs(store, actor, async (tx) => {
    const account = await getAccount(tx, deed.target);
    if (isWorkingAdmin(account)) await demandOtherAdmin(tx, account);
    await tx.people.removeAccount(account.id);
    await tx.audit.append(auditEntry(actor, deed, clock.now().wallMs, { before: shown(account) }));
  });
}

/** What the audit log keeps of an account. */
function shown({ roles, isEnabled, phone, email, language }: AccountRow): Record<string, unknown> {
  return {
    roles,
    isEnabled,
    phone: phone === null ? null : maskAddress(phone),
    email: email === null ? null : maskAddress(email),
    language,
  };
}
