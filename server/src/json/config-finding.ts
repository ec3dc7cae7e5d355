/**
 * The words for everything a configuration can be refused or warned for, one function each.
 *
 * A finding knows byte offsets only. Its sentence is made at the end, when the places it mentions
 * have been turned into lines and columns.
 */
import type { ScanFault } from './json-scan.ts';
import { shorten } from './json-text.ts';
import { describeFault, sayPosition } from './syntax-message.ts';
import type { TextPosition } from './text-position.ts';

/** Keys and numbers are cut to this many characters in messages. */
const QUOTED_LENGTH_MAX = 60;

export type ConfigProblemReason =
  | 'syntax'
  | 'duplicate-key'
  | 'invalid-utf8'
  | 'too-large'
  | 'too-deep'
  | 'not-object-or-array'
  | 'empty'
  | 'byte-order-mark'
  | 'number-not-exact'
  | 'lone-surrogate';

/** A problem before its place in lines and columns is known. */
export type Finding = {
  readonly reason: ConfigProblemReason;
  readonly offset: number;
  /** Another place the message mentions. */
  readonly relatedOffset?: number | undefined;
  readonly path?: string;
  readonly say: (related: TextPosition | undefined) => string;
};

/** What one check has found so far. */
export type Findings = { readonly problems: Finding[]; readonly warnings: Finding[] };

/** A path that may be left out. */
export type PathPart = { readonly path?: string };

type KeyPlace = PathPart & { readonly offset: number; readonly firstOffset: number };

export function tooLarge(byteCount: number, bytesMax: number): Finding {
  return {
    reason: 'too-large',
    offset: bytesMax,
    say: () => `The text has ${byteCount} bytes; at most ${bytesMax} are allowed. Shorten it from here on.`,
  };
}

export function invalidUtf8(byte: number, offset: number): Finding {
  const hex = byte.toString(16).toUpperCase().padStart(2, '0');
  return {
    reason: 'invalid-utf8',
    offset,
    say: () => `The byte 0x${hex} here is not part of UTF-8 text. Save the file as UTF-8.`,
  };
}

export function byteOrderMark(): Finding {
  return {
    reason: 'byte-order-mark',
    offset: 0,
    say: () =>
      'The text begins with a byte order mark, which many JSON readers refuse. Save the file as UTF-8 without it.',
  };
}

export function emptyText(): Finding {
  return {
    reason: 'empty',
    offset: 0,
    say: () => 'The text is empty. Write an object or an array, such as {}.',
  };
}

export function notContainer(offset: number): Finding {
  return {
    reason: 'not-object-or-array',
    offset,
    say: () => 'The top level must be an object or an array. Put this value into one, such as {"value": …}.',
  };
}

export function scanStopped(bytes: Uint8Array, fault: ScanFault, depthMax: number): Finding {
  return {
    reason: fault.code === 'too-deep' ? 'too-deep' : 'syntax',
    offset: fault.offset,
    relatedOffset: fault.openedAt,
    say: (opened) => describeFault(bytes, fault, { opened, depthMax }),
  };
}

export function duplicateKey(key: string, at: KeyPlace): Finding {
  const { firstOffset, ...place } = at;
  return {
    reason: 'duplicate-key',
    ...place,
    relatedOffset: firstOffset,
    say: (first) =>
      `Key ${quote(key)} appears twice in this object; the first is at ${sayPosition(first!)}. Remove one.`,
  };
}

export function numberNotExact(text: string, offset: number, path: PathPart): Finding {
  return {
    reason: 'number-not-exact',
    offset,
    ...path,
    say: () =>
      `Devices that read numbers as doubles get ${sayDouble(text)} instead of ${shorten(text, QUOTED_LENGTH_MAX)}. Write fewer digits, or a string if every digit matters.`,
  };
}

function sayDouble(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) ? String(value) : 'infinity or an error';
}

export function loneSurrogate(offset: number, path: PathPart): Finding {
  return {
    reason: 'lone-surrogate',
    offset,
    ...path,
    say: () =>
      'This string has a \\uD800–\\uDFFF escape without its partner, which stands for no character. Write both halves or remove it.',
  };
}

function quote(key: string): string {
  return JSON.stringify(shorten(key, QUOTED_LENGTH_MAX));
}
