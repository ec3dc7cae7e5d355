/**
 * SQLite through `node:sqlite`: one connection that writes, one that reads.
 *
 * Durability: WAL with `synchronous=FULL`, so that what was answered survives a power cut (P1, P2).
 * Exclusion: the writer holds an advisory lock on the data directory for its whole life (an exclusive
 * transaction on `opencota.lock`), so that a second server on the same directory refuses to start.
 * Transactions run one after another; inside one, nothing but statements is awaited, so it ends within
 * one turn of the event loop.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { DomainError } from '../domain/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Row, Sql, SqlValue } from './sql.ts';

const STATEMENTS_KEPT_MAX = 400;
const BUSY_TIMEOUT_MS = 50;
/** The write-ahead log is cut back to this size after a checkpoint. */
const WAL_BYTES_KEPT = 16 * 1024 * 1024;
const CACHE_KIB = 64 * 1024;

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export interface SqliteDriver extends Disposable {
  readonly reader: Sql;
  /** Runs `work` in one transaction; rolls back when it throws. */
  write<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Copies the whole database to a new file while the server runs. */
  backup(path: string): Promise<void>;
}

/** Opens, locks and migrates the database file. Throws `DomainError` with what to do. */
export function openSqlite(path: string): SqliteDriver {
  const lock = lockFile(`${path}.lock`);
  try {
    const writer = open(path, false);
    migrate(writer, path);
    return createDriver(writer, open(path, true), lock);
  } catch (cause) {
    lock.close();
    throw startError(path, cause);
  }
}

function createDriver(writer: DatabaseSync, readerBase: DatabaseSync, lock: DatabaseSync): SqliteDriver {
  const writing = statements(writer);
  let tail: Promise<unknown> = Promise.resolve();
  const transact = async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => {
    await writing.run('BEGIN IMMEDIATE');
    try {
      const result = await work(writing);
      await writing.run('COMMIT');
      return result;
    } catch (error) {
      if (writer.isTransaction) writer.exec('ROLLBACK');
      throw error;
    }
  };
  return {
    reader: statements(readerBase),
    write(work) {
      const turn = tail.then(() => transact(work));
      tail = turn.catch(() => undefined);
      return turn;
    },
    async backup(target) {
      // VACUUM INTO reads one consistent snapshot and writes a compact file of its own.
      await statements(readerBase).run('VACUUM INTO ?', [target]);
    },
    [Symbol.dispose]() {
      readerBase.close();
      writer.close();
      lock.close();
    },
  };
}

function open(path: string, isReader: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_BYTES_KEPT};
    PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;`);
  if (isReader) database.exec('PRAGMA query_only = ON');
  return database;
}

/** An advisory lock that the operating system drops with the process, however it ends. */
function lockFile(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new DomainError(
      'unavailable',
      `Another server is using this data directory (${path} is locked). Stop it first, or choose another OPENCOTA_DATA_DIR.`,
      {},
      cause,
    );
  }
  return lock;
}

function migrate(database: DatabaseSync, path: string): void {
  const row = database.prepare('PRAGMA user_version').get();
  const found = Number(row?.user_version);
  const last = MIGRATIONS.at(-1)!.number;
  if (found > last) {
    throw new DomainError(
      'unavailable',
      `The store ${path} has shape ${found}, and this server knows only up to ${last}. Run the newer server, or restore a backup made by this one.`,
    );
  }
  for (const migration of MIGRATIONS.filter((each) => each.number > found)) {
    database.exec(`BEGIN IMMEDIATE; ${migration.sql}; PRAGMA user_version = ${migration.number}; COMMIT`);
  }
}

function startError(path: string, cause: unknown): Error {
  if (cause instanceof DomainError) return cause;
  switch (errorCode(cause)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new DomainError(
        'unavailable',
        `The store ${path} is damaged or not a database. The server does not start on it and changes nothing. Restore a backup: opencota restore --from <file>.`,
        {},
        cause,
      );
    case SQLITE_READONLY:
      return new DomainError(
        'unavailable',
        `The store ${path} is read-only for this user. Give it write permission.`,
        {},
        cause,
      );
    default:
      return new DomainError(
        'unavailable',
        `The store ${path} cannot be opened: ${String(cause)}`,
        {},
        cause,
      );
  }
}

function statements(database: DatabaseSync): Sql {
  const kept = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    if (kept.size >= STATEMENTS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    const statement = database.prepare(text);
    kept.set(text, statement);
    return statement;
  };
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storeError(error);
    }
  };
  return {
    // node:sqlite gives objects of the columns' values: never anything else than SqlValue here.
    async all(text, values = []) {
      return attempt(() => prepare(text).all(...(values as SqlValue[])) as Row[]);
    },
    async one(text, values = []) {
      return attempt(() => prepare(text).get(...(values as SqlValue[])) as Row | undefined);
    },
    async run(text, values = []) {
      return attempt(() => Number(prepare(text).run(...(values as SqlValue[])).changes));
    },
  };
}

/** SQLite's primary result code, from an extended one. */
function errorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return Number(error.errcode) & 0xff;
}

function storeError(error: unknown): unknown {
  switch (errorCode(error)) {
    case SQLITE_FULL:
      return new DomainError(
        'storage-full',
        'The disk of the server is full: nothing was changed. Free some space and try again.',
        {},
        error,
      );
    case SQLITE_IOERR:
    case SQLITE_BUSY:
      return new DomainError(
        'storage-unavailable',
        'The store cannot be written at the moment: nothing was changed. Try again.',
        {},
        error,
      );
    default:
      return error;
  }
}
