/**
 * The least a database must do for the store: run a text with values.
 *
 * Texts are written once, with `?` for values, in the dialect that SQLite and PostgreSQL share. Each
 * driver translates what differs. Calls are asynchronous because PostgreSQL's are; on SQLite they
 * resolve at once.
 */
export type SqlValue = string | number | null | Uint8Array;
export type Row = Record<string, SqlValue>;

export interface Sql {
  /** Every row. Callers bound the number by LIMIT or by a key list. */
  all(text: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /** The first row, if any. */
  one(text: string, values?: readonly SqlValue[]): Promise<Row | undefined>;
  /** @returns how many rows changed. */
  run(text: string, values?: readonly SqlValue[]): Promise<number>;
}

/** The most items one statement carries; longer lists are cut into chunks. A power of two. */
export const CHUNK = 256;

/** `?, ?, ?` for a list of values. */
export function marks(count: number): string {
  return new Array(count).fill('?').join(', ');
}

/**
 * Runs `work` for at most `CHUNK` items at a time, in order. Chunks are powers of two long, so that a text that
 * lists its values comes in nine lengths, which are prepared once and kept, and not in hundreds.
 */
export async function inChunks<T>(
  items: readonly T[],
  work: (chunk: readonly T[]) => Promise<void>,
): Promise<void> {
  let size = CHUNK;
  for (let start = 0; start < items.length; start += size) {
    while (size > items.length - start) size /= 2;
    await work(items.slice(start, start + size));
  }
}

// Readers of a row's columns: the one place where a database value becomes a typed one.
export const text = (row: Row, name: string): string => String(row[name]);
export const textOrNull = (row: Row, name: string): string | null =>
  row[name] == null ? null : String(row[name]);
export const number = (row: Row, name: string): number => Number(row[name]);
export const numberOrNull = (row: Row, name: string): number | null =>
  row[name] == null ? null : Number(row[name]);
export const flag = (row: Row, name: string): boolean => Number(row[name]) === 1;
export const json = (row: Row, name: string): unknown => JSON.parse(String(row[name]));
export function bytes(row: Row, name: string): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw new TypeError(`Column ${name} is not a blob.`);
  return value;
}
export const bit = (value: boolean): number => (value ? 1 : 0);
