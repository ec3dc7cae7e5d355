/**
 * A terminal as far as the demo needs one: colours that can be off, the width of texts, and one block of
 * lines at the bottom that is drawn over itself.
 */
import { stripVTControlCharacters } from 'node:util';

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'blue' | 'magenta' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

export type Paint = (colour: Colour, text: string) => string;

export type Terminal = {
  readonly isLive: boolean;
  readonly hasColour: boolean;
  readonly columns: number;
  readonly rows: number;
  paint: Paint;
  /** Lines that stay. */
  print(...lines: string[]): void;
  /** Draws the block anew; an empty one is taken away. Without a terminal it does nothing. */
  draw(lines: readonly string[]): void;
  /** Shows the cursor again. */
  close(): void;
};

export type OutputStream = {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
};

const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export function createTerminal(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isLive = stream.isTTY === true && environment.TERM !== 'dumb';
  // https://no-color.org: set and not empty.
  const hasColour = isLive && !environment.NO_COLOR;
  let drawn = 0;
  const up = () => (drawn > 0 ? `\x1b[${drawn}A\r` : '');
  const terminal: Terminal = {
    isLive,
    hasColour,
    get columns() {
      return stream.columns ?? COLUMNS_DEFAULT;
    },
    get rows() {
      return stream.rows ?? ROWS_DEFAULT;
    },
    paint: (colour, text) => (hasColour ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text),
    print(...lines) {
      stream.write(`${up()}${drawn > 0 ? CLEAR_BELOW : ''}${lines.map((line) => `${line}\n`).join('')}`);
      drawn = 0;
    },
    draw(lines) {
      if (!isLive) return;
      const text = lines.map((line) => `${cut(line, terminal.columns - 1)}${CLEAR_LINE}\n`).join('');
      stream.write(`${HIDE_CURSOR}${up()}${text}${CLEAR_BELOW}`);
      drawn = lines.length;
    },
    close() {
      if (isLive) stream.write(SHOW_CURSOR);
    },
  };
  return terminal;
}

/** Characters that take two cells. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

/** Cells that a text takes, colours left out. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].reduce((sum, character) => sum + widthOfCharacter(character), 0);
}

const widthOfCharacter = (character: string): number => (WIDE.test(character) ? 2 : 1);

/** Filled with blanks on the right up to this width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** A colour sequence, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with the escape character.
const PIECES = /\x1b\[[0-9;]*m|./gsu;

/** Cut to a width; colours survive and are ended. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const [piece] of text.matchAll(PIECES)) {
    const cells = piece.startsWith('\x1b') ? 0 : widthOfCharacter(piece);
    if (used + cells > width - 1) break;
    kept += piece;
    used += cells;
  }
  return `${kept}…${text.includes('\x1b') ? '\x1b[0m' : ''}`;
}

/** Broken at blanks into lines of at most this width. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )|(?<=[、，。；：])/)) {
    if (line !== '' && widthOf(line) + widthOf(word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}
