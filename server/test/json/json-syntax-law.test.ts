/** Laws: the scan accepts exactly what `JSON.parse` accepts. fast-check prints the seed of a failure. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkConfig } from '../../src/json/check-config.ts';
import { findInvalidUtf8 } from '../../src/json/utf8.ts';

/** What this server refuses although it is JSON. */
const BEYOND_SYNTAX: ReadonlySet<string> = new Set(['duplicate-key', 'not-object-or-array']);
const PIECES = [
  ...'{}[],:"\\ \n\t-+.0123456789eEtruefalsn/\'#',
  '\\u00',
  '\u0000',
  '\ufeff',
  'é',
  '😀',
  '\ud800',
];
const LIMITS = { bytesMax: 1_000_000, depthMax: 100_000 };

function isAcceptedByScan(text: string): boolean {
  const { problems } = checkConfig(Buffer.from(text, 'utf8'), LIMITS);
  return problems.every(({ reason }) => BEYOND_SYNTAX.has(reason));
}

function isAcceptedByParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const mutation = fc.record({
  at: fc.nat(1_000),
  remove: fc.nat(3),
  insert: fc.array(fc.constantFrom(...PIECES), { maxLength: 3 }).map((pieces) => pieces.join('')),
});

test('texts made from JSON with random mutations', () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
      ),
      fc.array(mutation, { maxLength: 3 }),
      (json, mutations) => {
        const text = mutations.reduce((current, { at, remove, insert }) => {
          const place = at % (current.length + 1);
          return current.slice(0, place) + insert + current.slice(place + remove);
        }, json);
        // Buffer.from writes lone surrogates as U+FFFD, so both readers get what the bytes say.
        const decoded = Buffer.from(text, 'utf8').toString('utf8');
        const expected = isAcceptedByParse(decoded);
        if (expected) accepted += 1;
        assert.equal(isAcceptedByScan(decoded), expected);
      },
    ),
    { numRuns: 5_000 },
  );
  assert.ok(accepted > 500, `only ${accepted} texts were JSON`);
});

test('short texts made from the characters of JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }), (pieces) => {
      const text = Buffer.from(pieces.join(''), 'utf8').toString('utf8');
      assert.equal(isAcceptedByScan(text), isAcceptedByParse(text));
    }),
    { numRuns: 20_000 },
  );
});

test('numbers made from the characters of numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'-+.0019eE'), { minLength: 1, maxLength: 7 }), (characters) => {
      const text = `[${characters.join('')}]`;
      assert.equal(isAcceptedByScan(text), isAcceptedByParse(text));
    }),
    { numRuns: 20_000 },
  );
});

test('duplicate keys are found exactly when parsing loses a member', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', '\\u0061', '\\u0062', 'é', '\\u00e9');
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const text = `{${names.map((key) => `"${key}":1`).join()}}`;
      const { problems } = checkConfig(Buffer.from(text), LIMITS);
      assert.equal(problems.length, names.length - Object.keys(JSON.parse(text)).length);
    }),
  );
});

test('the first bad byte is where the longest valid text ends', () => {
  const byte = fc.constantFrom(0x41, 0x80, 0xbf, 0xa0, 0x9f, 0xc1, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5);
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 8 }), (values) => {
      const bytes = Uint8Array.from(values);
      const at = findInvalidUtf8(bytes);
      assert.equal(at === -1, isUtf8(bytes));
      if (at === -1) return;
      assert.ok(isUtf8(bytes.subarray(0, at)));
      for (let end = at + 1; end <= bytes.length; end += 1) assert.ok(!isUtf8(bytes.subarray(0, end)));
    }),
    { numRuns: 5_000 },
  );
});
