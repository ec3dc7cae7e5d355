/**
 * Text for a terminal: how wide it is, what may be in it, times and sizes in words.
 *
 * Names, notes and error messages come from devices and other people, so whatever could move the cursor or
 * turn the reading direction is shown instead of obeyed.
 */
import { stripVTControlCharacters } from 'node:util';

/** East Asian wide and full-width forms, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const ASCII = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;
/** Characters as people count them. Made when it is needed first: it takes a while. */
function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** Columns that a text takes; escape sequences take none. */
export function textWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of segmentsOf(plain)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Fills up with blanks to a width. */
export function padTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

/** Cuts to a width, with an ellipsis in the last column. Only for texts without escape sequences. */
export function cutTo(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of segmentsOf(text)) {
    const next = used + textWidth(segment);
    if (next > width - 1) break;
    cut += segment;
    used = next;
  }
  return `${cut}…`;
}

/** Controls, line ends and marks that turn the reading direction. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/gu;

/** One safe line of text that came from elsewhere. */
export function clean(text: string): string {
  return text.replaceAll(/\r?\n|\t/g, ' ').replaceAll(UNSAFE, '\ufffd');
}

/** Safe text that keeps its lines, such as a diff. */
export function cleanLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll('\t', '    ').replaceAll(UNSAFE, '\ufffd'))
    .join('\n');
}

const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
] as const;

/** `90` → `1 min 30 s`; the two largest units that matter. */
export function sayDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const unit = UNITS.find((each) => whole >= each.seconds);
  if (unit === undefined) return `${whole} s`;
  const smaller = UNITS[UNITS.indexOf(unit) + 1] ?? { name: 's', seconds: 1 };
  const rest = Math.floor((whole % unit.seconds) / smaller.seconds);
  const main = `${Math.floor(whole / unit.seconds)} ${unit.name}`;
  return rest === 0 ? main : `${main} ${rest} ${smaller.name}`;
}

const JUST_NOW_SECONDS = 5;

/** `3 min ago`, `in 2 h`; one unit, because the exact time is in the JSON. */
export function sayTime(at: string | null, now: number = Date.now()): string {
  if (at === null) return '–';
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  if (Math.abs(seconds) < JUST_NOW_SECONDS) return 'just now';
  const size = Math.abs(seconds);
  const unit = UNITS.find((each) => size >= each.seconds) ?? { name: 's', seconds: 1 };
  const amount = `${Math.round(size / unit.seconds)} ${unit.name}`;
  return seconds > 0 ? `${amount} ago` : `in ${amount}`;
}

/** `1536` → `1.5 KiB`. */
export function sayBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${trim(kib)} KiB` : `${trim(kib / 1024)} MiB`;
}

const trim = (value: number) => value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '');

/** `1` device, `2` devices. */
export function count(many: number, one: string, more = `${one}s`): string {
  return `${many} ${many === 1 ? one : more}`;
}
