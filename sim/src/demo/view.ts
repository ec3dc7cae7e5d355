/**
 * What the demo shows while it runs: steps that get their tick one after another, and below them, on a
 * terminal, one live block. Where there is no terminal, a line whenever something changes.
 */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { DeliveryState, Found } from './scenario.ts';
import { type Colour, pad, padStart, type Terminal, widthOf, wrap } from './terminal.ts';
import type { StepName, Texts } from './texts.ts';

/** How each state looks. Signs and fillings differ too, so that colour is never needed. */
export const STATE_LOOKS: Readonly<Record<DeliveryState, { sign: string; filling: string; colour: Colour }>> =
  {
    applied: { sign: '✓', filling: '█', colour: 'green' },
    downloaded: { sign: '↓', filling: '▓', colour: 'cyan' },
    received: { sign: '→', filling: '▒', colour: 'blue' },
    sent: { sign: '›', filling: '▒', colour: 'blue' },
    failed: { sign: '✗', filling: '×', colour: 'red' },
    reverted: { sign: '↩', filling: '×', colour: 'magenta' },
    timedOut: { sign: '✗', filling: '×', colour: 'red' },
    unreached: { sign: '✗', filling: '×', colour: 'red' },
    cancelled: { sign: '✗', filling: '×', colour: 'yellow' },
    superseded: { sign: '✗', filling: '×', colour: 'yellow' },
    pending: { sign: '·', filling: '░', colour: 'dim' },
  };

// Object.keys of a literal gives its keys.
export const STATES_IN_ORDER = Object.keys(STATE_LOOKS) as DeliveryState[];

export type Counts = RolloutView['counters'];
export type Progress = { counts: Counts; total: number; found: readonly Found[] };

export type View = {
  title(devices: number): void;
  /** Something begins; shown until it is done. */
  begin(step: StepName, doing: string): void;
  /** It is done, and this is what came of it. */
  done(step: StepName, what: string): void;
  note(text: string): void;
  progress(progress: Progress): void;
  /** Takes the live block away. */
  end(): void;
};

const MARGIN = '  ';
const COLUMNS_MAX = 100;
const BAR_CELLS_MAX = 60;
const CELLS_PER_ROW = 10;
/** Beyond this, a sign for each device says less than the counters. */
const GRID_DEVICES_MAX = 60;
const REDRAW_MS = 100;
/** The block beside the grid. */
const ROWS_BESIDE_GRID = 8;

export function createView(terminal: Terminal, texts: Texts): View {
  const { paint } = terminal;
  const startedMs = performance.now();
  const nameWidth = Math.max(...Object.values(texts.steps).map(widthOf)) + 2;
  let doing: { step: StepName; text: string } | undefined;
  let shown: Progress | undefined;
  let lastLine = '';
  const elapsed = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;

  const stepLines = (sign: string, step: StepName, text: string, colour: Colour): string[] => {
    const width = Math.min(terminal.columns, COLUMNS_MAX) - nameWidth - 6;
    const [first = '', ...rest] = wrap(text, width);
    const indent = ' '.repeat(nameWidth + 4);
    return [
      `${MARGIN}${paint(colour, sign)} ${paint('bold', pad(texts.steps[step], nameWidth))}${first}`,
      ...rest.map((line) => `${indent}${line}`),
    ];
  };
  const draw = () => {
    if (doing === undefined) return;
    const block = stepLines('●', doing.step, `${doing.text}  ${paint('dim', elapsed())}`, 'yellow');
    if (shown !== undefined) block.push('', ...progressLines(terminal, texts, shown));
    terminal.draw(block);
  };
  const timer = terminal.isLive ? setInterval(draw, REDRAW_MS).unref() : undefined;

  return {
    title(devices) {
      terminal.print(
        '',
        `${MARGIN}${paint('bold', texts.title(devices))}`,
        `${MARGIN}${paint('dim', texts.subtitle)}`,
        '',
      );
    },
    begin(step, text) {
      doing = { step, text };
      draw();
    },
    done(step, what) {
      doing = undefined;
      const lines = stepLines('✓', step, what, 'green');
      // The last picture stays; without a terminal it has just been a line.
      if (shown !== undefined && terminal.isLive) lines.push('', ...progressLines(terminal, texts, shown));
      shown = undefined;
      terminal.print(...lines);
    },
    note(text) {
      terminal.print(...stepLines('·', 'rollout', paint('dim', text), 'dim'));
      draw();
    },
    progress(progress) {
      shown = progress;
      if (terminal.isLive) return draw();
      const line = countersText(texts, progress.counts, (_, text) => text);
      if (line !== lastLine) terminal.print(`${MARGIN}${padStart(elapsed(), 7)}  ${line}`);
      lastLine = line;
    },
    end() {
      clearInterval(timer);
      doing = undefined;
      terminal.draw([]);
      terminal.close();
    },
  };
}

function progressLines(terminal: Terminal, texts: Texts, { counts, total, found }: Progress): string[] {
  const { paint } = terminal;
  const width = Math.min(BAR_CELLS_MAX, terminal.columns - 16);
  const settled = total - counts.pending - counts.sent - counts.received;
  const lines = [
    `${MARGIN}${MARGIN}${barOf(terminal, counts, width)}  ${padStart(String(settled), String(total).length)}/${total}`,
    `${MARGIN}${MARGIN}${countersText(texts, counts, paint)}`,
  ];
  const gridRows = Math.ceil(total / CELLS_PER_ROW);
  const isGridShown = total <= GRID_DEVICES_MAX && gridRows + ROWS_BESIDE_GRID <= terminal.rows;
  if (isGridShown) lines.push('', ...gridLines(terminal, found));
  return lines;
}

/** One cell a device or more; each state that occurs has at least one cell. */
export function cellsOf(counts: Counts, width: number): { state: DeliveryState; cells: number }[] {
  const present = STATES_IN_ORDER.filter((state) => counts[state] > 0);
  const total = present.reduce((sum, state) => sum + counts[state], 0);
  if (total === 0) return [{ state: 'pending', cells: width }];
  const parts = present.map((state) => ({
    state,
    cells: Math.max(1, Math.floor((counts[state] / total) * width)),
  }));
  const largest = parts.reduce((a, b) => (b.cells > a.cells ? b : a));
  largest.cells += width - parts.reduce((sum, { cells }) => sum + cells, 0);
  return parts;
}

function barOf({ hasColour, paint }: Terminal, counts: Counts, width: number): string {
  return cellsOf(counts, width)
    .map(({ state, cells }) => {
      const { filling, colour } = STATE_LOOKS[state];
      const isFull = hasColour && state !== 'pending';
      return paint(colour, (isFull ? '█' : filling).repeat(cells));
    })
    .join('');
}

export function countersText(
  texts: Texts,
  counts: Counts,
  paint: (colour: Colour, text: string) => string,
): string {
  return STATES_IN_ORDER.filter((state) => counts[state] > 0)
    .map((state) => {
      const { sign, colour } = STATE_LOOKS[state];
      return `${paint(colour, sign)} ${texts.states[state]} ${counts[state]}`;
    })
    .join('   ');
}

function gridLines({ paint }: Terminal, found: readonly Found[]): string[] {
  const cells = found
    .toSorted((a, b) => (a.deviceName < b.deviceName ? -1 : 1))
    .map(({ deviceName, state }) => {
      const { sign, colour } = STATE_LOOKS[state];
      return `${paint(colour, sign)} ${paint('dim', deviceName.slice(deviceName.lastIndexOf('-') + 1))}`;
    });
  const rows: string[] = [];
  for (let start = 0; start < cells.length; start += CELLS_PER_ROW) {
    rows.push(`${MARGIN}${MARGIN}${cells.slice(start, start + CELLS_PER_ROW).join('  ')}`);
  }
  return rows;
}
