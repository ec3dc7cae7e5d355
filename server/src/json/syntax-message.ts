/** Says in words what is wrong where a text stops being JSON, and what to do about it. */
import type { ScanFault, ScanFaultCode } from './json-scan.ts';
import { shorten, viewBytes } from './json-text.ts';
import type { TextPosition } from './text-position.ts';

type Context = {
  /** What stands at the place of the fault, quoted or named. */
  readonly found: string;
  /** The container or string the fault is in, with its place. */
  readonly opened: string;
  /** The bracket that would close that container. */
  readonly closing: string;
  /** Whether that container is an object. */
  readonly isObject: boolean;
  readonly depthMax: number;
};

const WORD_LENGTH_MAX = 20;

const MESSAGES: Readonly<Record<ScanFaultCode, (context: Context) => string>> = {
  'unexpected-end': ({ opened, closing }) =>
    closing === ''
      ? 'The text ends where a value was expected. Add one.'
      : `The text ends inside ${opened}. Complete it and close it with "${closing}".`,
  'open-string': () => 'This string has no closing quote. Add one where it ends.',
  'control-character': ({ found }) =>
    `A string may not contain ${found} as it is. Write it as an escape such as \\n, \\t or \\u0000, or check whether the closing quote is missing.`,
  'bad-escape': () =>
    'A backslash in a string must be followed by one of " \\ / b f n r t, or by u and four hexadecimal digits. To write a backslash, double it.',
  'bad-number': () =>
    'This number is not complete. Write digits on both sides of the point and after the exponent, such as 0.5 or 1e3.',
  'leading-zero': () => 'A number may not begin with extra zeros. Remove them, or write a string.',
  'leading-plus': () => 'A number may not begin with "+". Remove it.',
  'unknown-word': ({ found }) =>
    `${found} is not a JSON value. Use true, false or null, or put text in double quotes.`,
  'single-quote': () => 'Strings and keys are written in double quotes. Replace the single quotes.',
  comment: () => 'JSON has no comments. Remove it.',
  'missing-value': ({ found }) => `Expected a value but found ${found}. Add the value or remove ${found}.`,
  'missing-colon': ({ found }) => `Expected ":" after the key but found ${found}. Add the colon.`,
  'missing-comma': ({ found, opened, closing }) =>
    `Expected "," or "${closing}" in ${opened} but found ${found}. Add what is missing.`,
  'trailing-comma': ({ isObject }) =>
    `There is a comma after the last ${isObject ? 'member of this object' : 'item of this array'}. Remove it.`,
  'key-not-quoted': ({ found }) =>
    `Expected a key in double quotes but found ${found}. Write keys as "name".`,
  'wrong-bracket': ({ found, opened, closing }) =>
    `Found ${found} where "${closing}" must close ${opened}. Replace it, or add the missing bracket.`,
  'trailing-text': ({ found }) =>
    `The top-level value ends before this, but ${found} follows. Remove what follows, or put everything in one object or array.`,
  'too-deep': ({ depthMax }) => `This is nested deeper than ${depthMax} levels. Flatten it.`,
};

export type FaultPlace = {
  /** Where the container or string around the fault begins; needed when the fault has `openedAt`. */
  readonly opened: TextPosition | undefined;
  readonly depthMax: number;
};

export function describeFault(bytes: Uint8Array, fault: ScanFault, place: FaultPlace): string {
  const opening = fault.openedAt === undefined ? undefined : bytes[fault.openedAt];
  const isObject = opening === 0x7b;
  const name = isObject ? 'the object' : 'the array';
  const at = place.opened === undefined ? '' : ` that begins at ${sayPosition(place.opened)}`;
  return MESSAGES[fault.code]({
    found: describeFound(bytes, fault.offset),
    opened: `${name}${at}`,
    closing: opening === undefined ? '' : isObject ? '}' : ']',
    isObject,
    depthMax: place.depthMax,
  });
}

export function sayPosition(position: TextPosition): string {
  return `line ${position.line}, column ${position.column}`;
}

/** The word or character at a place: in quotes when it can be seen, by number when it cannot. */
function describeFound(bytes: Uint8Array, offset: number): string {
  const text = viewBytes(bytes).toString('utf8', offset, offset + 4 * (WORD_LENGTH_MAX + 1));
  const word = /^[\p{L}\p{N}_.+-]+/u.exec(text)?.[0];
  if (word !== undefined) return `"${shorten(word, WORD_LENGTH_MAX)}"`;
  const codePoint = text.codePointAt(0);
  if (codePoint === undefined) return 'the end of the text';
  if (codePoint === 0x0a || codePoint === 0x0d) return 'a line break';
  if (codePoint === 0x09) return 'a tab';
  const character = String.fromCodePoint(codePoint);
  if (/[\p{C}\p{Z}]/u.test(character)) {
    return `the invisible character U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return `"${character}"`;
}
