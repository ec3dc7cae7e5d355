/** What happened between the virtual device and the server, in order; only the newest are kept. */
import type { tryIt } from '../../i18n/en/try-it.ts';

/** Which sentence explains an entry. */
export type NoteName = keyof typeof tryIt.note;
/** `self`: inside the device, nothing travels. */
export type Direction = 'out' | 'in' | 'self';

export type Entry = {
  id: number;
  atMs: number;
  direction: Direction;
  /** A topic, a packet's name, or a request line; empty inside the device. */
  title: string;
  payload: string;
  note: NoteName;
  values: Readonly<Record<string, string | number>>;
};
export type NewEntry = Pick<Entry, 'direction' | 'note'> &
  Partial<Pick<Entry, 'title' | 'payload' | 'values'>>;

export const ENTRIES_MAX = 200;
const PAYLOAD_CHARS_MAX = 20_000;

export function withEntry(entries: readonly Entry[], added: NewEntry, atMs: number): Entry[] {
  const { direction, note, title = '', payload = '', values = {} } = added;
  const id = (entries.at(-1)?.id ?? 0) + 1;
  const shown = payload.length > PAYLOAD_CHARS_MAX ? `${payload.slice(0, PAYLOAD_CHARS_MAX)}…` : payload;
  return [...entries, { id, atMs, direction, title, payload: shown, note, values }].slice(-ENTRIES_MAX);
}

/** JSON with indentation; anything else, and what would not survive, as it is. */
export function pretty(payload: string): string {
  try {
    const value: unknown = JSON.parse(payload);
    // Printing again may change numbers: then the text itself is the better answer.
    return JSON.stringify(value) === payload ? JSON.stringify(value, null, 2) : payload;
  } catch {
    return payload;
  }
}
