/**
 * What holds for every account, whoever changes it: the grammar of its fields, and that an admin is left.
 */
import { DomainError } from '../domain/errors.ts';
import { PAGE_SIZE_MAX } from '../domain/limits.ts';
import { ROLES, type Role, type User } from '../domain/people.ts';
import type { AccountRow, Tx } from '../domain/store-port.ts';

const USERNAME = /^[a-z0-9._@-]{2,64}$/;
/** These name actors that are no accounts. */
const RESERVED_NAMES = new Set(['system', 'anonymous']);
const EMAIL = /^[^\s@,;:<>()[\]\\"]{1,64}@[^\s@,;:<>()[\]\\"]{1,190}$/;
const PHONE = /^(\+|00)?\d{5,15}$/;
const SHOWN_NAME_CHARS_MAX = 64;

/** What may be set on an account besides its password. */
export type AccountFields = {
  roles: readonly Role[];
  phone: string | null;
  email: string | null;
  language: 'en' | 'zh';
};

export function demandUsername(username: string): void {
  if (!USERNAME.test(username))
    throw invalid(
      'username',
      'A username has 2 to 64 characters of a-z, 0-9, dot, underscore, @ and hyphen.',
    );
  if (RESERVED_NAMES.has(username))
    throw invalid('username', `The name ${username} is reserved. Choose another.`);
}

/** Checks the fields that are given. Refuses `invalid-request` with `detail.field`. */
export function demandFields({ roles, phone, email }: Partial<AccountFields>): void {
  if (roles !== undefined) demandRoles(roles);
  if (phone != null && !PHONE.test(phone.replaceAll(/[ ().-]/g, '')))
    throw invalid(
      'phone',
      'A telephone number has 5 to 15 digits, best with its country code, as in +86 138 0000 0000.',
    );
  if (email != null && !EMAIL.test(email)) throw invalid('email', 'This is not an e-mail address.');
}

function demandRoles(roles: readonly Role[]): void {
  const areKnown = roles.every((role) => ROLES.includes(role));
  if (roles.length === 0 || !areKnown || new Set(roles).size !== roles.length)
    throw invalid('roles', `An account has at least one of the roles ${ROLES.join(', ')}, each once.`);
}

function invalid(field: string, message: string): DomainError {
  return new DomainError('invalid-request', message, { field });
}

/** An account as others may see it: no hash and no sealed secret. */
export function toUser(account: AccountRow): User {
  const { id, username, roles, isEnabled, phone, email, hasTotp, language, mustChangePassword, createdAt } =
    account;
  return { id, username, roles, isEnabled, phone, email, hasTotp, language, mustChangePassword, createdAt };
}

export async function getAccount(tx: Tx, username: string): Promise<AccountRow> {
  const account = await tx.people.findAccount(username);
  if (account === undefined)
    throw new DomainError('not-found', `There is no user named ${shownName(username)}.`);
  return account;
}

/** A name that came from outside, cut to a length that fits messages and the audit log. */
export function shownName(username: string): string {
  return username.slice(0, SHOWN_NAME_CHARS_MAX);
}

export function isWorkingAdmin(account: { roles: readonly Role[]; isEnabled: boolean }): boolean {
  return account.isEnabled && account.roles.includes('admin');
}

/** Refuses `action-not-allowed` when no other enabled admin is left. */
export async function demandOtherAdmin(tx: Tx, account: AccountRow): Promise<void> {
  const admins = await listWorkingAdmins(tx);
  if (admins.some((each) => each.id !== account.id)) return;
  throw new DomainError(
    'action-not-allowed',
    `${account.username} is the last enabled admin. Give another user the role first, or nobody could administer the server.`,
  );
}

/** There are few accounts, so all of them are looked at, a page at a time. */
export async function listWorkingAdmins(tx: Tx): Promise<AccountRow[]> {
  const admins: AccountRow[] = [];
  let after: string | undefined;
  do {
    const page: AccountRow[] = await tx.people.listAccounts({ after, limit: PAGE_SIZE_MAX });
    admins.push(...page.filter(isWorkingAdmin));
    after = page.length < PAGE_SIZE_MAX ? undefined : page.at(-1)?.username;
  } while (after !== undefined);
  return admins;
}

/** What a sealed TOTP secret is bound to. */
export function totpPurpose(accountId: number): string {
  return `totp:${accountId}`;
}
