/**
 * Compares two texts line by line, for the display of two versions next to each other.
 *
 * The shortest edit is found with Myers' algorithm ("An O(ND) Difference Algorithm and Its
 * Variations", 1986). Its time and memory grow with the square of the number of differences, so beyond
 * a limit the changed middle is shown as all old lines removed and all new lines added.
 */

/** More single-line edits than this are not sorted out any further. */
export const LINE_EDITS_MAX = 1_000;

/**
 * Line numbers count from 1. `text` has no line feed; a carriage return stays, since it is a
 * difference too. `endsWithoutNewline` marks a last line that no line feed follows.
 */
export type LineDiff = {
  readonly kind: 'same' | 'add' | 'remove';
  readonly text: string;
  readonly fromLine?: number;
  readonly toLine?: number;
  readonly endsWithoutNewline?: true;
};

/** What to do with the next line: of both texts, of the new one, of the old one. */
type Edit = LineDiff['kind'];

export function diffLines(from: string, to: string): LineDiff[] {
  const before = splitLines(from);
  const after = splitLines(to);
  const shorter = Math.min(before.length, after.length);
  let prefix = 0;
  while (prefix < shorter && before[prefix] === after[prefix]) prefix += 1;
  let suffix = 0;
  while (suffix < shorter - prefix && before.at(-1 - suffix) === after.at(-1 - suffix)) suffix += 1;

  const oldMiddle = before.slice(prefix, before.length - suffix);
  const newMiddle = after.slice(prefix, after.length - suffix);
  const edits = shortestEdits(numberLines(oldMiddle, newMiddle)) ?? replaceAll(oldMiddle, newMiddle);
  const all: Edit[] = [...sameLines(prefix), ...edits, ...sameLines(suffix)];
  return applyEdits(all, before, after);
}

/** Lines with their line feeds; an empty text has none. */
function splitLines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function sameLines(count: number): Edit[] {
  return Array.from({ length: count }, () => 'same');
}

function replaceAll(before: readonly string[], after: readonly string[]): Edit[] {
  return [...before.map((): Edit => 'remove'), ...after.map((): Edit => 'add')];
}

function applyEdits(edits: readonly Edit[], before: readonly string[], after: readonly string[]): LineDiff[] {
  let fromLine = 0;
  let toLine = 0;
  return edits.map((kind) => {
    if (kind !== 'add') fromLine += 1;
    if (kind !== 'remove') toLine += 1;
    const line = kind === 'add' ? after[toLine - 1]! : before[fromLine - 1]!;
    const hasNewline = line.endsWith('\n');
    return {
      kind,
      text: hasNewline ? line.slice(0, -1) : line,
      ...(kind === 'add' ? {} : { fromLine }),
      ...(kind === 'remove' ? {} : { toLine }),
      ...(hasNewline ? {} : { endsWithoutNewline: true }),
    };
  });
}

type NumberedLines = { readonly before: Int32Array; readonly after: Int32Array };

/** Equal lines get equal numbers, so that the search compares numbers only. */
function numberLines(before: readonly string[], after: readonly string[]): NumberedLines {
  const numbers = new Map<string, number>();
  const toNumber = (line: string) => {
    const known = numbers.get(line);
    if (known !== undefined) return known;
    numbers.set(line, numbers.size);
    return numbers.size - 1;
  };
  return { before: Int32Array.from(before.map(toNumber)), after: Int32Array.from(after.map(toNumber)) };
}

/**
 * The furthest place on each diagonal after each number of edits. A diagonal is (lines of the old
 * text) − (lines of the new one); entry `diagonal + edits` of step `edits` is a count of old lines.
 */
type Trace = Int32Array[];

/** Undefined when more than `LINE_EDITS_MAX` edits are needed. */
function shortestEdits(lines: NumberedLines): Edit[] | undefined {
  const { before, after } = lines;
  const editsMax = Math.min(LINE_EDITS_MAX, before.length + after.length);
  const trace: Trace = [];
  for (let edits = 0; edits <= editsMax; edits += 1) {
    const reached = new Int32Array(2 * edits + 1).fill(-1);
    trace.push(reached);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let oldLines = edits === 0 ? 0 : startOfRun(trace, edits, diagonal).oldLines;
      let newLines = oldLines - diagonal;
      if (oldLines < 0 || oldLines > before.length || newLines > after.length) continue;
      while (oldLines < before.length && newLines < after.length && before[oldLines] === after[newLines]) {
        oldLines += 1;
        newLines += 1;
      }
      reached[diagonal + edits] = oldLines;
      if (oldLines === before.length && newLines === after.length) return readBack(trace, lines);
    }
  }
  return undefined;
}

/** How step `edits` gets to a diagonal: from the one above by an added line, or below by a removed one. */
function startOfRun(trace: Trace, edits: number, diagonal: number): { kind: Edit; oldLines: number } {
  const previous = trace[edits - 1]!;
  const afterAdding = previous[diagonal + 1 + edits - 1] ?? -1;
  const afterRemoving = previous[diagonal - 1 + edits - 1] ?? -1;
  if (afterRemoving < 0 || (afterAdding >= 0 && afterAdding > afterRemoving)) {
    return { kind: 'add', oldLines: afterAdding };
  }
  return { kind: 'remove', oldLines: afterRemoving + 1 };
}

function readBack(trace: Trace, { before, after }: NumberedLines): Edit[] {
  const edits: Edit[] = [];
  let oldLines = before.length;
  let newLines = after.length;
  for (let step = trace.length - 1; step > 0; step -= 1) {
    const start = startOfRun(trace, step, oldLines - newLines);
    for (; oldLines > start.oldLines; oldLines -= 1) {
      edits.push('same');
      newLines -= 1;
    }
    edits.push(start.kind);
    if (start.kind === 'add') newLines -= 1;
    else oldLines -= 1;
  }
  for (; oldLines > 0; oldLines -= 1) edits.push('same');
  return edits.reverse();
}
