/**
 * What a disk would hold after a power cut, from a record of every change that a server made to its files.
 *
 * What was synced before the cut is there. Of what was written and not synced yet, any part may be there
 * or not: here a seeded choice of whole sectors.
 */
import { globSync, readFileSync } from 'node:fs';

type Change =
  | { kind: 'write'; path: string; offset: number; bytes: Buffer; doneAtMs: number }
  | { kind: 'truncate'; path: string; length: number; doneAtMs: number }
  | { kind: 'sync'; path: string; doneAtMs: number };

export type WriteRecord = { changes: Change[]; endsAtMs: number };
export type Files = Map<string, Buffer>;

const SECTOR_BYTES = 512;
const LINE =
  /^(?<at>\d+\.\d+) (?<call>\w+)\(\d+<(?<path>[^>]*)>(?:, "(?<bytes>[^"]*)")?(?:, (?<numbers>[-\d, ]+))?\)\s+= (?<result>-?\d+).*<(?<took>[\d.]+)>$/;

/** Reads the files of `recordingTo`, in the order in which the calls ended. Times are epoch milliseconds. */
export function readRecord(prefix: string): WriteRecord {
  const changes = globSync(`${prefix}.*`)
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map(readChange)
    .filter((change) => change !== undefined)
    .sort((one, other) => one.doneAtMs - other.doneAtMs);
  return { changes, endsAtMs: changes.at(-1)?.doneAtMs ?? 0 };
}

function readChange(line: string): Change | undefined {
  const found = LINE.exec(line)?.groups;
  if (found === undefined || Number(found.result) < 0) return undefined;
  const path = unhex(found.path!).toString();
  const doneAtMs = (Number(found.at) + Number(found.took)) * 1000;
  const numbers = (found.numbers ?? '').split(', ').map(Number);
  switch (found.call) {
    case 'pwrite64':
      return { kind: 'write', path, offset: numbers[1]!, bytes: unhex(found.bytes!), doneAtMs };
    case 'ftruncate':
      return { kind: 'truncate', path, length: numbers[0]!, doneAtMs };
    default:
      return { kind: 'sync', path, doneAtMs };
  }
}

/** `\x2f\x74` */
function unhex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

/** A disk that goes through a record once: moments are asked for in rising order. */
export class Disk {
  readonly #durable: Map<string, Content>;
  readonly #changes: readonly Change[];
  #unsynced: Change[] = [];
  #next = 0;

  constructor(before: Files, { changes }: WriteRecord) {
    this.#durable = new Map([...before].map(([path, bytes]) => [path, contentOf(bytes)]));
    this.#changes = changes;
  }

  /** The files as a cut at this moment leaves them. */
  cutAt(cutAtMs: number, random: (below: number) => number): Files {
    for (; this.#next < this.#changes.length; this.#next += 1) {
      const change = this.#changes[this.#next]!;
      if (change.doneAtMs > cutAtMs) break;
      if (change.kind === 'sync') this.#sync(change.path);
      else this.#unsynced.push(change);
    }
    const left = new Map(
      [...this.#durable].map(([path, { bytes, length }]) => [path, contentOf(bytes.subarray(0, length))]),
    );
    for (const change of this.#unsynced)
      for (const part of sectorsOf(change)) if (random(2) === 0) apply(left, part);
    return new Map([...left].map(([path, { bytes, length }]) => [path, bytes.subarray(0, length)]));
  }

  #sync(path: string): void {
    for (const change of this.#unsynced) if (change.path === path) apply(this.#durable, change);
    this.#unsynced = this.#unsynced.filter((change) => change.path !== path);
  }
}

/** The first `length` of `bytes`; what is beyond is room to grow. */
type Content = { bytes: Buffer; length: number };

const contentOf = (bytes: Buffer): Content => ({ bytes: Buffer.from(bytes), length: bytes.length });

function apply(files: Map<string, Content>, change: Change): void {
  const content = files.get(change.path) ?? contentOf(Buffer.alloc(0));
  files.set(change.path, content);
  if (change.kind === 'truncate') resize(content, change.length);
  if (change.kind !== 'write') return;
  resize(content, Math.max(content.length, change.offset + change.bytes.length));
  change.bytes.copy(content.bytes, change.offset);
}

function sectorsOf(change: Change): Change[] {
  if (change.kind !== 'write') return [change];
  const starts = Array.from(
    { length: Math.ceil(change.bytes.length / SECTOR_BYTES) },
    (_, index) => index * SECTOR_BYTES,
  );
  return starts.map((from) => ({
    ...change,
    offset: change.offset + from,
    bytes: change.bytes.subarray(from, from + SECTOR_BYTES),
  }));
}

function resize(content: Content, length: number): void {
  if (length > content.bytes.length) content.bytes = Buffer.concat([content.bytes, Buffer.alloc(length)]);
  // What is cut off reads as zeros when the file grows again.
  if (length < content.length) content.bytes.fill(0, length, content.length);
  content.length = length;
}
