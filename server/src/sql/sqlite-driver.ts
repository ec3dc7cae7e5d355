/**
 * SQLite through `node:sqlite`: one connection that writes, one that reads.
 *
 * Durability: WAL with `synchronous=FULL`, so that what was answered survives a power cut (P1, P2).
 * Exclusion: the writer holds an advisory lock on the data directory for its whole life (an exclusive
 * transaction on `opencota.lock`), so that a second server on the same directory refuses to start.
 * Transactions run one after another, and beside the reads, which have a connection of their own.
 * Birth: a new store gets its shape under another name and is then renamed, so that a file under the
 * store's own name is a whole store or a damaged one, and never taken for a new one.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { DomainError } from '../domain/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Row, Sql, SqlValue } from './sql.ts';

export const STATEMENTS_KEPT_MAX = 400;
const BUSY_TIMEOUT_MS = 50;
/** The write-ahead log is cut back to this size after a checkpoint. */
export const WAL_BYTES_KEPT = 16 * 1024 * 1024;
const CACHE_KIB = 64 * 1024;
/** A backup is copied in one step, which is what makes it one moment's snapshot. */
const BACKUP_PAGES_PER_STEP = 2 ** 31 - 1;

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** The database of a server: held, in its last shape, and open for reading. */
export interface SqliteFile extends Disposable {
  /** What is read in one turn of the event loop is of one moment. */
  readonly reader: Sql;
  /** What is read from here on is of now. */
  refresh(): void;
  /** Copies the whole database to a new file while the server runs. */
  backup(path: string): Promise<void>;
}

/** The one connection that writes. */
export interface SqliteWriter extends Disposable {
  /** Only within a transaction; refuses `storage-unavailable` when an error has ended that. */
  readonly sql: Sql;
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Nothing happens where no transaction is open: SQLite ends it itself after some errors. */
  rollBack(): Promise<void>;
}

/** Opens, locks and migrates the database file. Throws `DomainError` with what to do. */
export function openSqlite(path: string): SqliteFile {
  using opened = new DisposableStack();
  try {
    lockFile(`${path}.lock`, opened);
    if (!existsSync(path)) createFile(path);
    bringUpToDate(path);
    const reader = connect(path, opened);
    tune(reader);
    reader.exec('PRAGMA query_only = ON');
    const snapshot = createSnapshot(reader);
    const owned = opened.move();
    return {
      reader: statements(reader, snapshot.begin),
      refresh: snapshot.end,
      backup: (target) => copyTo(path, target),
      [Symbol.dispose]() {
        snapshot.end();
        owned[Symbol.dispose]();
      },
    };
  } catch (cause) {
    throw startError(path, cause);
  }
}

/** Of a database that `openSqlite` has opened. */
export function openSqliteWriter(path: string): SqliteWriter {
  using opened = new DisposableStack();
  const database = connect(path, opened);
  tune(database);
  const control = statements(database);
  // Some errors, such as a full disk, end the transaction. What still comes of it must not be done on its own.
  const demandTransaction = () => {
    if (!database.isTransaction) throw unavailable();
  };
  const owned = opened.move();
  return {
    sql: statements(database, demandTransaction),
    async begin() {
      await control.run('BEGIN IMMEDIATE');
    },
    async commit() {
      demandTransaction();
      await control.run('COMMIT');
    },
    async rollBack() {
      if (database.isTransaction) database.exec('ROLLBACK');
    },
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}

/** A transaction over all that one turn reads, so that a commit of another thread falls before it or after it. */
function createSnapshot(reader: DatabaseSync) {
  const [first, last] = [reader.prepare('BEGIN'), reader.prepare('COMMIT')];
  let ending: NodeJS.Immediate | undefined;
  const end = () => {
    if (ending === undefined) return;
    clearImmediate(ending);
    ending = undefined;
    last.run();
  };
  const begin = () => {
    if (ending !== undefined) return;
    first.run();
    ending = setImmediate(end);
  };
  return { begin, end };
}

function bringUpToDate(path: string): void {
  using opened = new DisposableStack();
  const database = connect(path, opened);
  const shape = checkShape(database, path);
  tune(database);
  applyMigrations(database, shape);
}

/** Over a connection of its own, on the thread pool: neither readers nor the writer wait for it. */
async function copyTo(path: string, target: string): Promise<void> {
  try {
    closeSync(openSync(target, 'wx', 0o600));
  } catch (cause) {
    if (!existsSync(target)) throw cause;
    throw new DomainError(
      'already-exists',
      `The file ${target} exists already; a backup never overwrites one.`,
      {},
      cause,
    );
  }
  try {
    using source = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    await backup(source, target, { rate: BACKUP_PAGES_PER_STEP });
  } catch (error) {
    rmSync(target, { force: true });
    throw storeError(error);
  }
}

function createFile(path: string): void {
  // A log without its store: somebody took the store away.
  if (existsSync(`${path}-wal`)) throw damaged(path);
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  {
    using database = new DatabaseSync(unfinished);
    applyMigrations(database, 0);
  }
  renameSync(unfinished, path);
}

function connect(path: string, opened: DisposableStack): DatabaseSync {
  return opened.use(new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true }));
}

function tune(database: DatabaseSync): void {
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_BYTES_KEPT};
    PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;`);
}

/** Holds the directory as a server does, without opening the store, which may be damaged. */
export function lockSqlite(path: string): Disposable {
  using opened = new DisposableStack();
  lockFile(`${path}.lock`, opened);
  return opened.move();
}

/** An advisory lock that the operating system drops with the process, however it ends. */
function lockFile(path: string, opened: DisposableStack): void {
  const lock = opened.use(new DatabaseSync(path, { timeout: 0 }));
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    if (errorCode(cause) !== SQLITE_BUSY) throw cause;
    throw new DomainError(
      'unavailable',
      `Another server is using this data directory (${path} is locked). Stop it first, or choose another OPENCOTA_DATA_DIR.`,
      {},
      cause,
    );
  }
}

/** @returns the number of the store's last migration. Reads only: a store that is refused stays as it is. */
function checkShape(database: DatabaseSync, path: string): number {
  const row = database.prepare('PRAGMA user_version').get();
  const found = Number(row?.user_version);
  const last = MIGRATIONS.at(-1)!.number;
  if (found > last) {
    throw new DomainError(
      'unavailable',
      `The store ${path} has shape ${found}, and this server knows only up to ${last}. Run the newer server, or restore a backup made by this one.`,
    );
  }
  if (found === 0) throw damaged(path);
  return found;
}

function applyMigrations(database: DatabaseSync, found: number): void {
  for (const migration of MIGRATIONS.filter((each) => each.number > found)) {
    database.exec(`BEGIN IMMEDIATE; ${migration.sql}; PRAGMA user_version = ${migration.number}; COMMIT`);
  }
}

function startError(path: string, cause: unknown): Error {
  if (cause instanceof DomainError) return cause;
  switch (errorCode(cause)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(path, cause);
    case SQLITE_CANTOPEN:
      return new DomainError(
        'unavailable',
        `The store ${path} cannot be opened. Check that its directory exists and that this user may write to it.`,
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

function damaged(path: string, cause?: unknown): DomainError {
  return new DomainError(
    'unavailable',
    `The store ${path} is damaged or not a store of this server. The server does not start on it and changes nothing. Restore a backup: opencota restore --from <file>.`,
    {},
    cause,
  );
}

/** @param check is run before each statement; what it throws goes to the caller. */
function statements(database: DatabaseSync, check = () => {}): Sql {
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
    check();
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
      return unavailable(error);
    default:
      return error;
  }
}

function unavailable(cause?: unknown): DomainError {
  return new DomainError(
    'storage-unavailable',
    'The store cannot be written at the moment: nothing was changed. Try again.',
    {},
    cause,
  );
}
