/**
 * One pass over the bytes of a JSON text (RFC 8259), telling a visitor what it meets and where.
 *
 * The configuration is kept and served as its author typed it, so nothing here builds a value and
 * nothing is written again: every token is a pair of byte offsets. The scan is a loop over a small
 * table of states with its own stack of open containers, because a text of half a million brackets
 * must end in a refusal and not in a stack overflow. It accepts what `JSON.parse` accepts, up to the
 * given depth, and stops at the first fault.
 *
 * The bytes must be valid UTF-8; `utf8.ts` checks that first.
 */

import { endOfNumber, escapeLength, isDigit, isLetter, skipWhitespace } from './json-token.ts';

/** Every way a text can fail to be JSON; `syntax-message.ts` has the words for each. */
export type ScanFaultCode =
  | 'unexpected-end'
  | 'open-string'
  | 'control-character'
  | 'bad-escape'
  | 'bad-number'
  | 'leading-zero'
  | 'leading-plus'
  | 'unknown-word'
  | 'single-quote'
  | 'comment'
  | 'missing-value'
  | 'missing-colon'
  | 'missing-comma'
  | 'trailing-comma'
  | 'key-not-quoted'
  | 'wrong-bracket'
  | 'trailing-text'
  | 'too-deep';

/** Where the text stops being JSON. `openedAt` is the offset of the container or string it is in. */
export type ScanFault = { readonly code: ScanFaultCode; readonly offset: number; readonly openedAt?: number };

export type ScalarKind = 'string' | 'number' | 'literal';

/** What the scan reports, in the order of the text. `start` is the first byte, `end` one past the last. */
export type JsonVisitor = {
  readonly openContainer: (kind: 'object' | 'array', start: number) => void;
  readonly closeContainer: (end: number) => void;
  /** A member name, with its quotes. */
  readonly key: (start: number, end: number, hasEscape: boolean) => void;
  /** Strings come with their quotes. */
  readonly scalar: (kind: ScalarKind, start: number, end: number, hasEscape: boolean) => void;
};

export type ScanOptions = {
  readonly visitor: JsonVisitor;
  readonly depthMax: number;
  /** The byte to begin at, for a text that opens with a byte order mark. */
  readonly start?: number;
};

type Expectation = 'value' | 'first-item' | 'item' | 'first-key' | 'key' | 'colon' | 'after-value';
type Step = Expectation | 'done' | ScanFault;

type Scan = {
  readonly bytes: Uint8Array;
  readonly visitor: JsonVisitor;
  readonly depthMax: number;
  /** Offsets of the containers that are open; the byte there says which kind it is. */
  readonly open: number[];
  at: number;
  commaAt: number;
  /** Set by `takeString`: whether the string just taken has a backslash in it. */
  hasEscape: boolean;
};

const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const SINGLE_QUOTE = 0x27;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const BRACKET_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const LITERALS: readonly Uint8Array[] = ['true', 'false', 'null'].map((word) =>
  new TextEncoder().encode(word),
);

const STEPS: Readonly<Record<Expectation, (scan: Scan) => Step>> = {
  value: takeValue,
  'first-item': (scan) => (scan.bytes[scan.at] === BRACKET_CLOSE ? close(scan) : takeValue(scan)),
  item: (scan) => (scan.bytes[scan.at] === BRACKET_CLOSE ? trailingComma(scan) : takeValue(scan)),
  'first-key': (scan) => (scan.bytes[scan.at] === BRACE_CLOSE ? close(scan) : takeKey(scan)),
  key: (scan) => (scan.bytes[scan.at] === BRACE_CLOSE ? trailingComma(scan) : takeKey(scan)),
  colon: takeColon,
  'after-value': takeSeparator,
};

/** Walks the whole text; the answer is the first fault, or nothing when the text is JSON. */
export function scanJson(bytes: Uint8Array, options: ScanOptions): ScanFault | undefined {
  const { visitor, depthMax, start = 0 } = options;
  const scan: Scan = { bytes, visitor, depthMax, open: [], at: start, commaAt: start, hasEscape: false };
  let step: Step = 'value';
  while (typeof step === 'string') {
    if (step === 'done') return undefined;
    scan.at = skipWhitespace(bytes, scan.at);
    step = STEPS[step](scan);
  }
  return step;
}

function takeValue(scan: Scan): Step {
  const byte = scan.bytes[scan.at];
  if (byte === QUOTE) return takeStringValue(scan);
  if (byte === BRACE_OPEN) return openContainer(scan, 'object');
  if (byte === BRACKET_OPEN) return openContainer(scan, 'array');
  if (byte === MINUS || isDigit(byte)) return takeNumber(scan);
  return takeLiteral(scan);
}

function openContainer(scan: Scan, kind: 'object' | 'array'): Step {
  if (scan.open.length >= scan.depthMax) return faultAt(scan, 'too-deep', scan.at);
  scan.visitor.openContainer(kind, scan.at);
  scan.open.push(scan.at);
  scan.at += 1;
  return kind === 'object' ? 'first-key' : 'first-item';
}

function close(scan: Scan): Step {
  scan.open.pop();
  scan.at += 1;
  scan.visitor.closeContainer(scan.at);
  return 'after-value';
}

function takeSeparator(scan: Scan): Step {
  const { bytes, at, open } = scan;
  const byte = bytes[at];
  const openedAt = open.at(-1);
  if (openedAt === undefined) return at >= bytes.length ? 'done' : faultHere(scan, 'trailing-text');
  const isObject = bytes[openedAt] === BRACE_OPEN;
  if (byte === COMMA) {
    scan.commaAt = at;
    scan.at += 1;
    return isObject ? 'key' : 'item';
  }
  if (byte === (isObject ? BRACE_CLOSE : BRACKET_CLOSE)) return close(scan);
  if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) return faultAt(scan, 'wrong-bracket', at);
  return faultHere(scan, 'missing-comma');
}

function takeKey(scan: Scan): Step {
  const start = scan.at;
  if (scan.bytes[start] !== QUOTE) return faultHere(scan, 'key-not-quoted');
  const fault = takeString(scan);
  if (fault !== undefined) return fault;
  scan.visitor.key(start, scan.at, scan.hasEscape);
  return 'colon';
}

function takeColon(scan: Scan): Step {
  if (scan.bytes[scan.at] !== COLON) return faultHere(scan, 'missing-colon');
  scan.at += 1;
  return 'value';
}

function takeStringValue(scan: Scan): Step {
  const start = scan.at;
  const fault = takeString(scan);
  if (fault !== undefined) return fault;
  scan.visitor.scalar('string', start, scan.at, scan.hasEscape);
  return 'after-value';
}

/** Moves past a string whose opening quote is at `scan.at`. */
function takeString(scan: Scan): ScanFault | undefined {
  const { bytes } = scan;
  const start = scan.at;
  let at = start + 1;
  scan.hasEscape = false;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined) return { code: 'open-string', offset: start };
    if (byte < SPACE) return { code: 'control-character', offset: at, openedAt: start };
    if (byte === QUOTE) break;
    if (byte !== BACKSLASH) {
      at += 1;
      continue;
    }
    const length = escapeLength(bytes, at);
    if (length === 0) return { code: 'bad-escape', offset: at, openedAt: start };
    scan.hasEscape = true;
    at += length;
  }
  scan.at = at + 1;
  return undefined;
}

function takeNumber(scan: Scan): Step {
  const start = scan.at;
  const end = endOfNumber(scan.bytes, start);
  if (typeof end === 'string') return faultAt(scan, end, start);
  scan.at = end;
  scan.visitor.scalar('number', start, end, false);
  return 'after-value';
}

function takeLiteral(scan: Scan): Step {
  const start = scan.at;
  for (const word of LITERALS) {
    if (word.every((byte, index) => scan.bytes[start + index] === byte)) {
      scan.at = start + word.length;
      scan.visitor.scalar('literal', start, scan.at, false);
      return 'after-value';
    }
  }
  return faultHere(scan, 'missing-value');
}

function trailingComma(scan: Scan): ScanFault {
  return faultAt(scan, 'trailing-comma', scan.commaAt);
}

/** A fault at the next byte; what stands there often says more than what was expected. */
function faultHere(scan: Scan, expected: ScanFaultCode): ScanFault {
  return faultAt(scan, faultByFirstByte(scan.bytes[scan.at], expected), scan.at);
}

function faultByFirstByte(byte: number | undefined, expected: ScanFaultCode): ScanFaultCode {
  if (byte === undefined) return 'unexpected-end';
  if (byte === SLASH || byte === HASH) return 'comment';
  if (expected === 'missing-value' || expected === 'key-not-quoted') {
    if (byte === SINGLE_QUOTE) return 'single-quote';
  }
  if (expected !== 'missing-value') return expected;
  if (byte === PLUS) return 'leading-plus';
  if (byte === DOT) return 'bad-number';
  return isLetter(byte) ? 'unknown-word' : expected;
}

function faultAt(scan: Scan, code: ScanFaultCode, offset: number): ScanFault {
  const openedAt = scan.open.at(-1);
  return openedAt === undefined ? { code, offset } : { code, offset, openedAt };
}
