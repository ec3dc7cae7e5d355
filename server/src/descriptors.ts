/**
 * How many connections of devices the process has descriptors for.
 *
 * Where the operating system allows fewer than the gateway's own limit, the kernel would drop what comes
 * beyond without a word, people and probes included. So the gateway's limit is lowered below it: a device
 * too many is refused with a log line, and there is room left for HTTP and for the store's files.
 */
import { readFileSync } from 'node:fs';

/** The store, its log, the log, timers, workers, listeners: about 35 on an idle server. */
const OWN_DESCRIPTORS = 64;
/** Of the rest, so much is left for people, programs and downloads. */
const HTTP_SHARE = 1 / 4;

/** @param wanted the limit where the operating system allows it. */
export function deviceConnectionsMax(wanted: number, descriptors = findDescriptorsMax()): number {
  if (descriptors === undefined) return wanted;
  return Math.max(1, Math.min(wanted, Math.floor((descriptors - OWN_DESCRIPTORS) * (1 - HTTP_SHARE))));
}

/** What `ulimit -n` says; undefined where the operating system does not tell it as Linux does. */
function findDescriptorsMax(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
