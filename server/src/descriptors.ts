/**
 * How the descriptors of the process are shared among those who connect.
 *
 * Where the operating system allows fewer than the limits of the gateway and of HTTP together, the kernel
 * would drop what comes beyond without a word, people and probes included. So both limits are lowered below
 * it: who is one too many is refused with a log line, and there is room left for the store's files.
 */
import { readFileSync } from 'node:fs';

/** The store, its log, the log, timers, workers, listeners: about 35 on an idle server. */
const OWN_DESCRIPTORS = 64;
/** Of the rest, so much is kept for people, programs and downloads, but no more than they can make use of. */
const HTTP_SHARE = 1 / 4;
const HTTP_DESCRIPTORS_KEPT = 1_500;

/** Connections at once, of MQTT and of HTTP. */
export type Connections = { mqtt: number; http: number };

/** @param wanted what each has where the operating system allows it. */
export function shareDescriptors(wanted: Connections, descriptors = findDescriptorsMax()): Connections {
  if (descriptors === undefined) return wanted;
  const free = Math.max(2, descriptors - OWN_DESCRIPTORS);
  const kept = Math.max(1, Math.min(Math.floor(free * HTTP_SHARE), HTTP_DESCRIPTORS_KEPT, wanted.http));
  const mqtt = Math.min(wanted.mqtt, free - kept);
  return { mqtt, http: Math.min(wanted.http, free - mqtt) };
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
