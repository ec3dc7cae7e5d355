/** The smallest pieces of JSON grammar (RFC 8259, sections 2, 6 and 7), on bytes. */

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_U = 0x75;
/** The letters after a backslash: `" \ / b f n r t`; `u` has digits to follow. */
const SIMPLE_ESCAPES: ReadonlySet<number> = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);

/** The offset of the first byte at or after `at` that is not JSON whitespace. */
export function skipWhitespace(bytes: Uint8Array, at: number): number {
  let next = at;
  for (;;) {
    const byte = bytes[next];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return next;
    next += 1;
  }
}

/** One past the last byte of the number that begins at `start`, or what is wrong with it. */
export function endOfNumber(bytes: Uint8Array, start: number): number | 'bad-number' | 'leading-zero' {
  const first = bytes[start] === MINUS ? start + 1 : start;
  let at = skipDigits(bytes, first);
  if (at === first) return 'bad-number';
  if (bytes[first] === DIGIT_0 && at > first + 1) return 'leading-zero';
  if (bytes[at] === DOT) {
    const fraction = at + 1;
    at = skipDigits(bytes, fraction);
    if (at === fraction) return 'bad-number';
  }
  if (isExponentMark(bytes[at])) {
    const sign = bytes[at + 1];
    const exponent = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
    at = skipDigits(bytes, exponent);
    if (at === exponent) return 'bad-number';
  }
  return at;
}

/** The bytes an escape takes, from its backslash on; 0 when it is none of those JSON knows. */
export function escapeLength(bytes: Uint8Array, at: number): number {
  const letter = bytes[at + 1];
  if (letter === undefined) return 0;
  if (SIMPLE_ESCAPES.has(letter)) return 2;
  if (letter !== LETTER_U) return 0;
  for (let digit = at + 2; digit < at + 6; digit += 1) {
    if (!isHexDigit(bytes[digit])) return 0;
  }
  return 6;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isDigit(bytes[next])) next += 1;
  return next;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}

export function isLetter(byte: number): boolean {
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x7a;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}

function isExponentMark(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45;
}
