/** When the disk of a server needs somebody's hand: said alike by the console and by `opencota doctor`. */
import type { ServerView } from './server.ts';

/** Bytes. Less than this may be gone before anybody looks. */
const FREE_BYTES_MIN = 512 * 1024 * 1024;

/** A backup or an upgrade takes as much again as the store has. */
export function isDiskShort({ storeBytes, freeBytes }: NonNullable<ServerView['storage']>): boolean {
  return freeBytes < Math.max(FREE_BYTES_MIN, storeBytes);
}
