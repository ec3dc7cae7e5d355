/**
 * Listens to the scan of a configuration for what JSON allows and devices do not survive: duplicate
 * keys, numbers a double cannot hold, halves of surrogate pairs.
 *
 * It runs once for every token of a text of up to a megabyte, on the thread that serves everybody, so
 * it cuts tokens out of one string and decodes a key only when somebody will read it.
 */
import {
  duplicateKey,
  type Findings,
  loneSurrogate,
  numberNotExact,
  type PathPart,
} from './config-finding.ts';
import { isExactAsDouble } from './decimal.ts';
import type { JsonVisitor } from './json-scan.ts';
import { jsonPointer, readStringToken, viewBytes } from './json-text.ts';

/** A problem in a place with a longer path is reported without it. */
const POINTER_BYTES_MAX = 1_000;

/** An open container: the keys seen so far when it is an object, and where in it the scan is. */
type Frame = {
  readonly isObject: boolean;
  /** Keys, with the offset of each; made at the second key, as many objects have only one. */
  keys: Map<string, number> | undefined;
  firstKey: string | undefined;
  firstKeyAt: number;
  keyStart: number;
  keyEnd: number;
  keyHasEscape: boolean;
  index: number;
};

/** Adds what it finds to `findings`, at most `findingsMax` to each list. */
export function createCheckVisitor(bytes: Uint8Array, findings: Findings, findingsMax: number): JsonVisitor {
  const view = viewBytes(bytes);
  // One character for each byte: cutting a token out of this costs a tenth of decoding it.
  const text = view.toString('latin1');
  const frames: Frame[] = [];
  const { problems, warnings } = findings;
  const enterValue = () => {
    const frame = frames.at(-1);
    if (frame !== undefined) frame.index += 1;
  };
  return {
    openContainer: (kind) => {
      enterValue();
      frames.push(newFrame(kind === 'object'));
    },
    closeContainer: () => {
      frames.pop();
    },
    key: (start, end, hasEscape) => {
      const frame = frames.at(-1)!;
      frame.keyStart = start;
      frame.keyEnd = end;
      frame.keyHasEscape = hasEscape;
      const decoded = hasEscape ? readStringToken(view, { start, end, hasEscape }) : undefined;
      const key = decoded === undefined ? text.slice(start + 1, end - 1) : bytesAsText(decoded);
      const firstOffset = findOrAddKey(frame, key, start);
      if (firstOffset !== undefined && problems.length < findingsMax) {
        const name = readStringToken(view, { start, end, hasEscape });
        problems.push(duplicateKey(name, { offset: start, firstOffset, ...pathOf(view, frames) }));
      }
      if (decoded?.isWellFormed() === false) addLoneSurrogate(start);
    },
    scalar: (kind, start, end, hasEscape) => {
      enterValue();
      if (kind === 'number') {
        const number = text.slice(start, end);
        if (isExactAsDouble(number) || warnings.length >= findingsMax) return;
        warnings.push(numberNotExact(number, start, pathOf(view, frames)));
      } else if (hasEscape && !readStringToken(view, { start, end, hasEscape }).isWellFormed()) {
        addLoneSurrogate(start);
      }
    },
  };

  function addLoneSurrogate(start: number): void {
    if (warnings.length < findingsMax) warnings.push(loneSurrogate(start, pathOf(view, frames)));
  }
}

function newFrame(isObject: boolean): Frame {
  return {
    isObject,
    keys: undefined,
    firstKey: undefined,
    firstKeyAt: 0,
    keyStart: 0,
    keyEnd: 0,
    keyHasEscape: false,
    index: -1,
  };
}

/** Where the key stood first, if this object has it already; otherwise remembers it. */
function findOrAddKey(frame: Frame, key: string, offset: number): number | undefined {
  if (frame.firstKey === undefined) {
    frame.firstKey = key;
    frame.firstKeyAt = offset;
    return undefined;
  }
  frame.keys ??= new Map([[frame.firstKey, frame.firstKeyAt]]);
  const first = frame.keys.get(key);
  if (first === undefined) frame.keys.set(key, offset);
  return first;
}

/**
 * The UTF-8 bytes of a decoded key, one character each, to compare it with keys cut from the text.
 * A key with half a surrogate pair has no UTF-8; it stays as it is and equals only itself.
 */
function bytesAsText(key: string): string {
  return key.isWellFormed() ? Buffer.from(key, 'utf8').toString('latin1') : key;
}

function pathOf(view: Buffer, frames: readonly Frame[]): PathPart {
  let length = 0;
  for (const frame of frames) length += frame.isObject ? frame.keyEnd - frame.keyStart : 1;
  if (length > POINTER_BYTES_MAX) return {};
  const parts = frames.map((frame) => {
    const { keyStart: start, keyEnd: end, keyHasEscape: hasEscape } = frame;
    return frame.isObject ? readStringToken(view, { start, end, hasEscape }) : frame.index;
  });
  return { path: jsonPointer(parts) };
}
