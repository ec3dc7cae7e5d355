/** What the store takes of its disk and what is left there: a full disk stops every write (fault 13). */
import { statfsSync, statSync } from 'node:fs';

/** Bytes. */
export type Storage = {
  /** The store with the log it writes ahead. */
  storeBytes: number;
  /** Of the disk, for this user. */
  freeBytes: number;
};

export function readStorage(storePath: string): Storage {
  const { bavail, bsize } = statfsSync(storePath);
  const storeBytes = ['', '-wal']
    .map((suffix) => statSync(`${storePath}${suffix}`, { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
  return { storeBytes, freeBytes: bavail * bsize };
}
