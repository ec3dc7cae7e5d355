/**
 * What an operator does on the machine itself, without console and network: back up, restore, reset a password.
 */
import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_FILE, STORE_FILE } from './app.ts';
import type { Config } from './config.ts';
import { DomainError } from './domain/errors.ts';
import { createAccountRecovery } from './service/account-recovery.ts';
import { systemActor } from './service/identify.ts';
import { createPasswords } from './service/passwords.ts';
import { openServiceClock } from './service/service-clock.ts';
import { copySqlite, demandSqlite } from './sql/sqlite-copy.ts';
import { lockSqlite } from './sql/sqlite-driver.ts';
import { openSqliteStore } from './sql/store.ts';

/** Copies the store, also while the server runs. The key goes beside it: without it device secrets are lost. */
export async function backup(config: Config, target: string): Promise<string> {
  const source = join(config.dataDir, STORE_FILE);
  if (!existsSync(source)) throw new DomainError('unavailable', `There is no store in ${config.dataDir}.`);
  if (existsSync(target)) throw new DomainError('unavailable', `${target} exists already. Name a new file.`);
  copySqlite(source, target);
  const key = join(config.dataDir, KEY_FILE);
  if (config.secretKey !== null || !existsSync(key))
    return `Backup written to ${target}. Keep OPENCOTA_SECRET_KEY with it.`;
  copyFileSync(key, `${target}.key`, constants.COPYFILE_EXCL);
  return `Backup written to ${target}, its key to ${target}.key. Keep both, apart from each other: together they open every device secret.`;
}

/** Puts a backup in the place of the store. What was there, a damaged store included, is kept beside it. */
export async function restore(config: Config, source: string): Promise<string> {
  if (!existsSync(source)) throw new DomainError('unavailable', `${source} does not exist.`);
  demandSqlite(source);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const target = join(config.dataDir, STORE_FILE);
  const aside = `${target}.before-restore-${new Date().toISOString().replaceAll(':', '-')}`;
  const key = join(config.dataDir, KEY_FILE);
  if (config.secretKey === null && !existsSync(`${source}.key`) && !existsSync(key)) {
    throw new DomainError(
      'unavailable',
      `The key of this backup is missing: put ${source}.key beside it, or set OPENCOTA_SECRET_KEY. Nothing was changed.`,
    );
  }
  const isReplaced = existsSync(target);
  replaceStore(source, target, aside);
  if (config.secretKey === null && existsSync(`${source}.key`)) {
    if (existsSync(key)) renameSync(key, `${aside}.key`);
    copyFileSync(`${source}.key`, key);
    // A copy keeps the mode of its source, which may have been through other hands.
    chmodSync(key, 0o600);
  }
  await openSqliteStore(target)[Symbol.asyncDispose]();
  const kept = isReplaced ? ` What was there before is kept at ${aside}.` : '';
  return `Restored ${source}.${kept} Start the server; devices with newer versions keep them, and the next version gets a number above theirs.`;
}

/** The log and its index go with their store: left behind, they would be taken for the new one's. */
const STORE_SUFFIXES = ['', '-wal', '-shm'];

/** The store is whole at every moment: the copy is finished before the old one is moved. */
function replaceStore(source: string, target: string, aside: string): void {
  // Never under the feet of a running server. The store itself may be past opening.
  using _lock = lockSqlite(target);
  const unfinished = `${target}.restoring`;
  rmSync(unfinished, { force: true });
  copySqlite(source, unfinished);
  for (const suffix of STORE_SUFFIXES)
    if (existsSync(target + suffix)) renameSync(target + suffix, aside + suffix);
  renameSync(unfinished, target);
}

export async function resetPassword(config: Config, username: string): Promise<string> {
  const path = join(config.dataDir, STORE_FILE);
  if (!existsSync(path)) throw new DomainError('unavailable', `There is no store in ${config.dataDir}.`);
  await using store = openSqliteStore(path);
  const clock = await openServiceClock(store);
  const recovery = createAccountRecovery({ store, clock, passwords: createPasswords() });
  const { oneTimePassword } = await recovery.resetPassword(systemActor('this machine'), username);
  return `${username} can sign in with the ONE-TIME PASSWORD ${oneTimePassword} for 24 hours, and must then choose a new one.`;
}
