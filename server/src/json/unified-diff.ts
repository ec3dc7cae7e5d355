/** Writes a line diff in the unified format that `diff -u` and `patch` use. */
import { diffLines, type LineDiff } from './text-diff.ts';

export type UnifiedDiffOptions = {
  /** Unchanged lines to show around each change. */
  readonly context: number;
  readonly fromName: string;
  readonly toName: string;
};

const MARKS: Readonly<Record<LineDiff['kind'], string>> = { same: ' ', add: '+', remove: '-' };
const NO_NEWLINE = '\\ No newline at end of file';

/** The empty string when the texts are equal. */
export function unifiedDiff(from: string, to: string, options: UnifiedDiffOptions): string {
  const lines = diffLines(from, to);
  const hunks = hunkRanges(lines, options.context);
  if (hunks.length === 0) return '';
  const text = [`--- ${options.fromName}`, `+++ ${options.toName}`];
  let seen = 0;
  let fromLine = 0;
  let toLine = 0;
  for (const { start, end } of hunks) {
    for (; seen < start; seen += 1) {
      // Between hunks there are only unchanged lines, and these count in both texts.
      fromLine += 1;
      toLine += 1;
    }
    const hunk = lines.slice(start, end);
    const fromCount = hunk.filter(({ kind }) => kind !== 'add').length;
    const toCount = hunk.filter(({ kind }) => kind !== 'remove').length;
    text.push(`@@ -${sayRange(fromLine, fromCount)} +${sayRange(toLine, toCount)} @@`);
    for (const line of hunk) {
      text.push(`${MARKS[line.kind]}${line.text}`);
      if (line.endsWithoutNewline) text.push(NO_NEWLINE);
    }
    seen = end;
    fromLine += fromCount;
    toLine += toCount;
  }
  return `${text.join('\n')}\n`;
}

type Range = { readonly start: number; readonly end: number };

/** Changes with the lines around them; changes whose surroundings touch share a hunk. */
function hunkRanges(lines: readonly LineDiff[], context: number): Range[] {
  const ranges: { start: number; end: number }[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.kind === 'same') continue;
    const start = Math.max(0, index - context);
    const end = Math.min(lines.length, index + context + 1);
    const last = ranges.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/** `before` is the number of lines above the hunk; a hunk without lines names the line above it. */
function sayRange(before: number, count: number): string {
  if (count === 0) return `${before},0`;
  return count === 1 ? `${before + 1}` : `${before + 1},${count}`;
}
