/** Copying a SQLite store as one consistent file, and telling a good one from a bad one. */
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../domain/errors.ts';
import { MIGRATIONS } from './migrations.ts';

/** Copies one consistent snapshot, also while another process writes (WAL). */
export function copySqlite(source: string, target: string): void {
  try {
    const database = new DatabaseSync(source, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    try {
      database.prepare('VACUUM INTO ?').run(target);
    } finally {
      database.close();
    }
    // It holds every configuration and password hash.
    chmodSync(target, 0o600);
  } catch (cause) {
    throw new DomainError(
      'unavailable',
      `${source} cannot be copied to ${target}: ${String(cause)}. Does the directory exist, and has it room?`,
      {},
      cause,
    );
  }
}

const BUSY_TIMEOUT_MS = 5_000;

/** Throws unless the file is a sound store of a shape this server knows. */
export function demandSqlite(path: string): void {
  let problem: string | undefined;
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const shape = Number(database.prepare('PRAGMA user_version').get()?.user_version);
      const check = String(database.prepare('PRAGMA quick_check(1)').get()?.quick_check);
      if (check !== 'ok') problem = `is damaged: ${check}`;
      else if (shape < 1) problem = 'is not a store of OpenCOTA';
      else if (shape > MIGRATIONS.at(-1)!.number)
        problem = `has shape ${shape}, which only a newer server knows`;
    } finally {
      database.close();
    }
  } catch (cause) {
    problem = `is not a database (${String(cause)})`;
  }
  if (problem !== undefined) throw new DomainError('unavailable', `${path} ${problem}. Nothing was changed.`);
}
