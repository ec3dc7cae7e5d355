/**
 * What a simulated device says it lived through, numbered, so that a test can put a device's own account
 * beside the server's records.
 */
export type SimEvent =
  | { type: 'connected' }
  | { type: 'disconnected'; reason: string }
  /** An attempt that came to no session. */
  | { type: 'connectFailed'; reason: string }
  | { type: 'requested'; id: string }
  /** The server answered a request with a code instead of a configuration. */
  | { type: 'refused'; code: number }
  | { type: 'offered'; via: 'push' | 'get'; id: string; version: number | undefined; sha256: string }
  | { type: 'unreadable'; text: string }
  /** Whole and with the right digest. `resumes` counts the connections that broke on the way. */
  | { type: 'downloaded'; version: number | undefined; sha256: string; resumes: number }
  | { type: 'applied'; version: number | undefined; sha256: string }
  | { type: 'notApplied'; code: number; message: string; sha256: string }
  /** A newer offer displaced this one before it was applied. */
  | { type: 'superseded'; version: number | undefined; sha256: string }
  /** Sent. A reply repeated in a later session is logged again. */
  | { type: 'replied'; id: string; code: number }
  /** The server acknowledged the reply. */
  | { type: 'replyTaken'; id: string; code: number };

export type SimEventType = SimEvent['type'];

/** `n` counts from 1 for each device; `at` is epoch milliseconds. */
export type LogEntry = SimEvent & { n: number; at: number };

export const EVENT_TYPES = [
  'connected',
  'disconnected',
  'connectFailed',
  'requested',
  'refused',
  'offered',
  'unreadable',
  'downloaded',
  'applied',
  'notApplied',
  'superseded',
  'replied',
  'replyTaken',
] as const satisfies SimEventType[];

/** Entries kept for each device; the oldest go first, and the numbers show the gap. */
const ENTRIES_MAX = 1_000;

export type DeviceLog = {
  add(event: SimEvent): LogEntry;
  entries(): readonly LogEntry[];
};

export function createDeviceLog(): DeviceLog {
  const entries: LogEntry[] = [];
  let last = 0;
  return {
    add(event) {
      last += 1;
      const entry: LogEntry = { ...event, n: last, at: Date.now() };
      entries.push(entry);
      if (entries.length > ENTRIES_MAX) entries.shift();
      return entry;
    },
    entries: () => entries,
  };
}
