/**
 * What a command says: data on standard output, talk on standard error.
 *
 * With `--json` there is nothing on standard output but the data, as one JSON value or one per line, and
 * nothing on standard error but an error as JSON.
 */
import { styleText } from 'node:util';
import type { Environment } from './environment.ts';
import type { ErrorReport } from './exit.ts';
import type { Style, TableLook } from './table.ts';
import { cleanLines } from './text.ts';

export type Output = {
  readonly isJson: boolean;
  /** How tables on standard output look. */
  readonly look: TableLook;
  /** For talk. */
  readonly talkStyle: Style;
  /** Whether a live view may be drawn on standard error. */
  readonly isLive: boolean;
  /** The answer of the command. Called once; for a stream, once per item. */
  print(value: unknown, text: () => string): void;
  /** Bytes as they are. */
  write(content: Uint8Array): void;
  say(text: string): void;
  /** What a person must act on before the command can go on: with `--json`, an object on standard error. */
  tell(value: Record<string, unknown>, text: () => string): void;
  warn(text: string): void;
  /** What one would do next. */
  hint(text: string): void;
};

export function createOutput(isJson: boolean, { colour }: Environment): Output {
  const { stdout, stderr } = process;
  const style = styleFor(colour, stdout.isTTY);
  const talkStyle = styleFor(colour, stderr.isTTY);
  const talk = (text: string) => {
    if (!isJson) stderr.write(`${text}\n`);
  };
  return {
    isJson,
    look: { style, width: stdout.isTTY ? stdout.columns : undefined },
    talkStyle,
    isLive: stderr.isTTY && !isJson && colour !== 'never',
    print: (value, text) => void stdout.write(`${isJson ? JSON.stringify(value) : text()}\n`),
    write: (content) => void stdout.write(content),
    say: talk,
    tell: (value, text) => void stderr.write(`${isJson ? JSON.stringify(value) : text()}\n`),
    warn: (text) => talk(`${talkStyle('yellow', 'warning:')} ${text}`),
    hint: (text) => talk(talkStyle('dim', `→ ${text}`)),
  };
}

function styleFor(colour: Environment['colour'], isTerminal: boolean): Style {
  const isOn = colour === 'always' || (colour === 'auto' && isTerminal);
  return (kind, text) => (isOn && text !== '' ? styleText(kind, text, { validateStream: false }) : text);
}

type Finding = { line?: unknown; column?: unknown; pointer?: unknown; message?: unknown };
const FINDINGS_SHOWN = 20;

/** The last words of a command that failed. */
export function printError(
  report: ErrorReport & { hint?: string },
  isJson: boolean,
  environment: Environment,
): void {
  if (isJson) {
    process.stderr.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const style = styleFor(environment.colour, process.stderr.isTTY);
  const lines = [`${style('red', 'error:')} ${cleanLines(report.detail)}`];
  const findings = findingsOf(report);
  if (findings.length > 1) lines.push(...sayFindings(findings));
  if (report.hint !== undefined) lines.push(style('dim', `→ ${report.hint}`));
  const request =
    typeof report.requestId === 'string' && report.requestId !== '' ? `, request ${report.requestId}` : '';
  if (report.code !== 'usage') lines.push(style('dim', `  code ${report.code}${request}`));
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** What a refused configuration or schema lists. */
function findingsOf({ problems, violations }: Record<string, unknown>): Finding[] {
  const list = Array.isArray(problems) ? problems : Array.isArray(violations) ? violations : [];
  return list.filter((each): each is Finding => typeof each === 'object' && each !== null);
}

/** `line 3, column 7: …` or `/interval: …`, a line each. */
export function sayFindings(findings: readonly Finding[]): string[] {
  const lines = findings.slice(0, FINDINGS_SHOWN).map(({ line, column, pointer, message }) => {
    const place = line === undefined ? String(pointer || '(the top)') : `line ${line}, column ${column}`;
    return `  ${cleanLines(place)}: ${cleanLines(String(message))}`;
  });
  const rest = findings.length - FINDINGS_SHOWN;
  return rest > 0 ? [...lines, `  … and ${rest} more`] : lines;
}
