import { DomainError } from '../../domain/errors.ts';
import type { Role, Scope } from '../../domain/people.ts';
import type { AccountRow, ApiToken, PeopleStore } from '../../domain/store-port.ts';
import {
  bit,
  bytes,
  flag,
  json,
  number,
  numberOrNull,
  type Row,
  type Sql,
  type SqlValue,
  text,
  textOrNull,
} from '../sql.ts';
import { stepUpStatements } from './step-ups.ts';

const ACCOUNT_COLUMNS = `id, username, password_hash, one_time_until, roles, is_enabled, phone, email, language, totp_sealed,
  totp_last_step, created_at`;
const TOKEN_COLUMNS = 'id, name, scopes, created_by, account_id, created_at, expires_at, used_at';

export function peopleStore(sql: Sql): PeopleStore {
  return {
    ...accountStatements(sql),
    ...webSessionStatements(sql),
    ...tokenStatements(sql),
    ...stepUpStatements(sql),
  };
}

function accountStatements(sql: Sql) {
  const findWhere = async (condition: string, value: SqlValue) => {
    const row = await sql.one(`SELECT ${ACCOUNT_COLUMNS} FROM account WHERE ${condition} = ?`, [value]);
    return row === undefined ? undefined : toAccount(row);
  };
  return {
    async countAccounts() {
      const row = await sql.one('SELECT count(*) AS count FROM account');
      return row === undefined ? 0 : number(row, 'count');
    },
    async createAccount(account) {
      const row = await sql.one(
        `INSERT INTO account (username, password_hash, one_time_until, roles, is_enabled, phone, email, language, totp_sealed, totp_last_step, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (username) DO NOTHING RETURNING ${ACCOUNT_COLUMNS}`,
        [
          account.username,
          account.passwordHash,
          account.oneTimeUntil,
          JSON.stringify(account.roles),
          bit(account.isEnabled),
          account.phone,
          account.email,
          account.language,
          account.totpSealed,
          account.totpLastStep,
          account.createdAt,
        ],
      );
      if (row === undefined)
        throw new DomainError('already-exists', `A user named ${account.username} exists already.`);
      return toAccount(row);
    },
    async updateAccount(id, change) {
      const columns: [string, SqlValue | undefined][] = [
        ['password_hash', change.passwordHash],
        ['one_time_until', change.oneTimeUntil],
        ['roles', change.roles === undefined ? undefined : JSON.stringify(change.roles)],
        ['is_enabled', change.isEnabled === undefined ? undefined : bit(change.isEnabled)],
        ['phone', change.phone],
        ['email', change.email],
        ['language', change.language],
        ['totp_sealed', change.totpSealed],
        ['totp_last_step', change.totpLastStep],
      ];
      const given = columns.filter((column): column is [string, SqlValue] => column[1] !== undefined);
      if (given.length === 0) return;
      await sql.run(`UPDATE account SET ${given.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`, [
        ...given.map(([, value]) => value),
        id,
      ]);
    },
    findAccount: (username) => findWhere('username', username),
    findAccountById: (id) => findWhere('id', id),
    async listAccounts({ after, limit }) {
      const rows = await sql.all(
        `SELECT ${ACCOUNT_COLUMNS} FROM account WHERE username > ? ORDER BY username LIMIT ?`,
        [after ?? '', limit],
      );
      return rows.map(toAccount);
    },
    async removeAccount(id) {
      await sql.run('DELETE FROM account WHERE id = ?', [id]);
    },
    async setRecoveryCodes(accountId, codes) {
      await sql.run('DELETE FROM recovery_code WHERE account_id = ?', [accountId]);
      for (const code of codes)
        await sql.run('INSERT INTO recovery_code (account_id, code_sha256) VALUES (?, ?)', [accountId, code]);
    },
    async takeRecoveryCode(accountId, code) {
      return (
        (await sql.run('DELETE FROM recovery_code WHERE account_id = ? AND code_sha256 = ?', [
          accountId,
          code,
        ])) === 1
      );
    },
  } satisfies Partial<PeopleStore>;
}

function webSessionStatements(sql: Sql) {
  return {
    async createWebSession(session) {
      await sql.run(
        'INSERT INTO web_session (id, account_id, created_at, used_at, remote_address, user_agent, wanted_push) VALUES (?, ?, ?, ?, ?, ?, ?)',
        [
          session.id,
          session.accountId,
          session.createdAt,
          session.usedAt,
          session.remoteAddress,
          session.userAgent,
          session.wantedPush,
        ],
      );
    },
    async findWebSession(id) {
      const row = await sql.one(
        'SELECT id, account_id, created_at, used_at, wanted_push FROM web_session WHERE id = ?',
        [id],
      );
      if (row === undefined) return undefined;
      return {
        id: text(row, 'id'),
        accountId: number(row, 'account_id'),
        createdAt: number(row, 'created_at'),
        usedAt: number(row, 'used_at'),
        wantedPush: textOrNull(row, 'wanted_push'),
      };
    },
    async touchWebSession(id, at) {
      await sql.run('UPDATE web_session SET used_at = ? WHERE id = ?', [at, id]);
    },
    async setWantedPush(id, binding) {
      await sql.run('UPDATE web_session SET wanted_push = ? WHERE id = ?', [binding, id]);
    },
    async removeWebSession(id) {
      await sql.run('DELETE FROM web_session WHERE id = ?', [id]);
    },
    async removeWebSessionsOf(accountId, exceptId) {
      await sql.run('DELETE FROM web_session WHERE account_id = ? AND id <> ?', [accountId, exceptId ?? '']);
    },
  } satisfies Partial<PeopleStore>;
}

function tokenStatements(sql: Sql) {
  return {
    async createToken(token) {
      const row = await sql.one(
        `INSERT INTO api_token (name, token_sha256, scopes, created_by, account_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO NOTHING RETURNING ${TOKEN_COLUMNS}`,
        [
          token.name,
          token.tokenSha256,
          JSON.stringify(token.scopes),
          token.createdBy,
          token.accountId,
          token.createdAt,
          token.expiresAt,
        ],
      );
      if (row === undefined)
        throw new DomainError('already-exists', `A token named ${token.name} exists already.`);
      return toToken(row);
    },
    async findToken(tokenSha256) {
      const row = await sql.one(`SELECT ${TOKEN_COLUMNS} FROM api_token WHERE token_sha256 = ?`, [
        tokenSha256,
      ]);
      return row === undefined ? undefined : toToken(row);
    },
    async touchToken(id, at) {
      await sql.run('UPDATE api_token SET used_at = ? WHERE id = ?', [at, id]);
    },
    async listTokens({ after, limit }) {
      const rows = await sql.all(`SELECT ${TOKEN_COLUMNS} FROM api_token WHERE id > ? ORDER BY id LIMIT ?`, [
        after ?? 0,
        limit,
      ]);
      return rows.map(toToken);
    },
    async removeToken(id) {
      return (await sql.run('DELETE FROM api_token WHERE id = ?', [id])) === 1;
    },
    async addTrustedBrowser(browser) {
      await sql.run(
        'INSERT INTO trusted_browser (token_sha256, account_id, created_at, expires_at) VALUES (?, ?, ?, ?)',
        [browser.tokenSha256, browser.accountId, browser.createdAt, browser.expiresAt],
      );
    },
    async removeTrustedBrowsersOf(accountId) {
      await sql.run('DELETE FROM trusted_browser WHERE account_id = ?', [accountId]);
    },
    async isTrustedBrowser(tokenSha256, accountId, at) {
      const row = await sql.one(
        'SELECT 1 AS found FROM trusted_browser WHERE token_sha256 = ? AND account_id = ? AND expires_at > ?',
        [tokenSha256, accountId, at],
      );
      return row !== undefined;
    },
  } satisfies Partial<PeopleStore>;
}

function toAccount(row: Row): AccountRow {
  const totpSealed = row.totp_sealed === null ? null : bytes(row, 'totp_sealed');
  const oneTimeUntil = numberOrNull(row, 'one_time_until');
  return {
    id: number(row, 'id'),
    username: text(row, 'username'),
    passwordHash: text(row, 'password_hash'),
    oneTimeUntil,
    mustChangePassword: oneTimeUntil !== null,
    // Written by this file from lists of roles.
    roles: json(row, 'roles') as Role[],
    isEnabled: flag(row, 'is_enabled'),
    phone: textOrNull(row, 'phone'),
    email: textOrNull(row, 'email'),
    language: text(row, 'language') === 'zh' ? 'zh' : 'en',
    totpSealed,
    hasTotp: totpSealed !== null && numberOrNull(row, 'totp_last_step') !== null,
    totpLastStep: numberOrNull(row, 'totp_last_step'),
    createdAt: number(row, 'created_at'),
  };
}

function toToken(row: Row): ApiToken {
  return {
    id: number(row, 'id'),
    name: text(row, 'name'),
    // Written by this file from lists of scopes.
    scopes: json(row, 'scopes') as Scope[],
    createdBy: text(row, 'created_by'),
    accountId: number(row, 'account_id'),
    createdAt: number(row, 'created_at'),
    expiresAt: number(row, 'expires_at'),
    usedAt: numberOrNull(row, 'used_at'),
  };
}
