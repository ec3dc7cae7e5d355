import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { diffLines, LINE_EDITS_MAX, type LineDiff } from '../../src/json/text-diff.ts';
import { unifiedDiff } from '../../src/json/unified-diff.ts';

const MARKS = { same: ' ', add: '+', remove: '-' } as const;

function marked(from: string, to: string): string[] {
  return diffLines(from, to).map(({ kind, text }) => `${MARKS[kind]}${text}`);
}

/** One of the two texts, put together again. */
function textOf(lines: readonly LineDiff[], without: 'add' | 'remove'): string {
  return lines
    .filter(({ kind }) => kind !== without)
    .map(({ text, endsWithoutNewline }) => (endsWithoutNewline ? text : `${text}\n`))
    .join('');
}

describe('diffLines', () => {
  test('finds the lines that were added and removed', () => {
    assert.deepEqual(marked('a\nb\nc\n', 'a\nx\nc\nd\n'), [' a', '-b', '+x', ' c', '+d']);
  });

  test('numbers the lines of both texts', () => {
    assert.deepEqual(diffLines('a\nb\n', 'b\nc\n'), [
      { kind: 'remove', text: 'a', fromLine: 1 },
      { kind: 'same', text: 'b', fromLine: 2, toLine: 1 },
      { kind: 'add', text: 'c', toLine: 2 },
    ]);
  });

  test('shows a line feed that is missing at the end, and a carriage return', () => {
    assert.deepEqual(diffLines('a\n', 'a'), [
      { kind: 'remove', text: 'a', fromLine: 1 },
      { kind: 'add', text: 'a', toLine: 1, endsWithoutNewline: true },
    ]);
    assert.deepEqual(marked('a\r\nb\n', 'a\nb\n'), ['-a\r', '+a', ' b']);
  });

  test('an empty text has no lines', () => {
    assert.deepEqual(diffLines('', ''), []);
    assert.deepEqual(marked('', 'a\n'), ['+a']);
  });

  test('beyond the limit of edits the whole middle is replaced, and what is equal around it stays', () => {
    const lines = (name: string) =>
      Array.from({ length: LINE_EDITS_MAX }, (_, index) => `${name}${index}\nsame\n`);
    const from = `first\n${lines('a').join('')}last\n`;
    const to = `first\n${lines('b').join('')}last\n`;
    const kinds = diffLines(from, to).map(({ kind }) => kind);
    assert.equal(kinds[0], 'same');
    assert.equal(kinds.at(-1), 'same');
    assert.equal(kinds.lastIndexOf('remove') + 1, kinds.indexOf('add'));
    assert.equal(kinds.filter((kind) => kind === 'remove').length, 2 * LINE_EDITS_MAX - 1);
  });

  test('law: both texts can be put together again, with the fewest edits', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n');
    const text = fc
      .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('', 'a', 'b'))
      .map(([lines, last]) => lines.join('') + last);
    fc.assert(
      fc.property(text, text, (from, to) => {
        const lines = diffLines(from, to);
        assert.equal(textOf(lines, 'add'), from);
        assert.equal(textOf(lines, 'remove'), to);
        const edits = lines.filter(({ kind }) => kind !== 'same').length;
        assert.equal(edits, fewestEdits(splitLines(from), splitLines(to)));
      }),
      { numRuns: 2_000 },
    );
  });
});

function splitLines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** By the table of the longest common subsequence, which is slow and plain. */
function fewestEdits(from: readonly string[], to: readonly string[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, line] of from.entries()) {
    const next = [index + 1];
    for (const [column, other] of to.entries()) {
      next.push(line === other ? row[column]! : 1 + Math.min(row[column + 1]!, next[column]!));
    }
    row = next;
  }
  return row.at(-1)!;
}

describe('unifiedDiff', () => {
  const options = { context: 3, fromName: 'version 1', toName: 'version 2' };

  test('has the form that patch reads', () => {
    const from = '{\n  "a": 1,\n  "b": 2,\n  "c": 3,\n  "d": 4,\n  "e": 5\n}\n';
    const to = from.replace('"b": 2', '"b": 20');
    assert.equal(
      unifiedDiff(from, to, { ...options, context: 1 }),
      '--- version 1\n+++ version 2\n@@ -2,3 +2,3 @@\n   "a": 1,\n-  "b": 2,\n+  "b": 20,\n   "c": 3,\n',
    );
  });

  test('far changes get hunks of their own, near ones share one', () => {
    const numbers = Array.from({ length: 30 }, (_, index) => `${index + 1}\n`);
    const change = (...places: number[]) =>
      numbers.map((line, index) => (places.includes(index + 1) ? 'x\n' : line));
    const headers = (to: string[]) => unifiedDiff(numbers.join(''), to.join(''), options).match(/^@@.*$/gm);
    assert.deepEqual(headers(change(5, 12)), ['@@ -2,14 +2,14 @@']);
    assert.deepEqual(headers(change(5, 20)), ['@@ -2,7 +2,7 @@', '@@ -17,7 +17,7 @@']);
  });

  test('an empty side names the line above', () => {
    assert.equal(unifiedDiff('', 'a\n', options), '--- version 1\n+++ version 2\n@@ -0,0 +1 @@\n+a\n');
    assert.equal(
      unifiedDiff('a\nb\n', 'a\nx\nb\n', { ...options, context: 0 }),
      '--- version 1\n+++ version 2\n@@ -1,0 +2 @@\n+x\n',
    );
  });

  test('a missing line feed at the end is said', () => {
    const text = unifiedDiff('a\n', 'a', options);
    assert.match(text, /-a\n\+a\n\\ No newline at end of file\n$/);
  });

  test('equal texts give an empty text', () => {
    assert.equal(unifiedDiff('a\n', 'a\n', options), '');
  });
});
