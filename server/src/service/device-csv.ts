/**
 * Lists of devices as CSV (R2). Columns: `deviceName` and, optionally, `tags` separated by `;` and `deviceSecret`
 * (of a device that moves here with the secret it has). A header is optional.
 */
import { DomainError } from '../domain/errors.ts';
import { BULK_COLUMNS_MAX, BULK_LINES_MAX, BULK_ROWS_MAX } from '../domain/limits.ts';

export type CsvDevice = { row: number; deviceName: string; tags: string[]; deviceSecret?: string };

/** In this order, unless the first row names them in another. */
const COLUMNS = ['deviceName', 'tags', 'deviceSecret'] as const;
type Column = (typeof COLUMNS)[number];

/**
 * The devices of a file, one by one (RFC 4180 quoting), so that its reader can pause between two. Throws for too
 * many rows, an open quote or an unknown column.
 */
export function* readDeviceCsv(text: string): Generator<CsvDevice> {
  let places: readonly number[] | undefined;
  let rows = 0;
  for (const record of readRecords(text)) {
    if (places === undefined) {
      const header = readHeader(record);
      places = COLUMNS.map((column) => (header ?? COLUMNS).indexOf(column));
      if (header !== undefined) continue;
    }
    rows += 1;
    if (rows > BULK_ROWS_MAX) {
      throw new DomainError(
        'limit-exceeded',
        `The file has more than ${BULK_ROWS_MAX} rows, which is what one upload may have. Split it.`,
      );
    }
    yield toDevice(record, places);
  }
}

function toDevice({ row, cells }: CsvRecord, places: readonly number[]): CsvDevice {
  const [deviceName = '', tags = '', deviceSecret = ''] = places.map((place) => cells[place]?.trim());
  return {
    row,
    deviceName,
    tags: tags
      .split(';')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    ...(deviceSecret === '' ? {} : { deviceSecret }),
  };
}

/** The columns that a first row names; undefined: it is a device. A secret must never be read as a tag. */
function readHeader(first: CsvRecord): Column[] | undefined {
  const names = first.cells.map((cell) => cell.trim().toLowerCase().replaceAll('_', ''));
  if (!names.includes('devicename')) return undefined;
  return names.map((name) => {
    const column = COLUMNS.find((each) => each.toLowerCase() === name);
    if (column !== undefined) return column;
    throw new DomainError(
      'invalid-request',
      `The column ${JSON.stringify(name)} is not known. A file has the columns ${COLUMNS.join(', ')}.`,
      { row: first.row },
    );
  });
}

type CsvRecord = { row: number; cells: string[] };

/** Lines without anything in them are passed over. */
function* readRecords(text: string): Generator<CsvRecord> {
  let cells: string[] = [];
  let row = 1;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let lineEnd = -1;
  while (at < text.length) {
    // Looked for once, not again for each of many rows that end otherwise.
    if (lineEnd < at) lineEnd = indexOfLineEnd(text, at);
    const plain = cells.length === 0 ? readPlainLine(text, at, lineEnd) : undefined;
    if (plain !== undefined) {
      demandWithin(row, plain.length - 1);
      if (plain.some((each) => each.trim() !== '')) yield { row, cells: plain };
      at = lineEnd + 1;
      row += 1;
      continue;
    }
    demandWithin(row, cells.length);
    const cell = readCell(text, at);
    if (cell === undefined)
      throw new DomainError('invalid-request', `Row ${row} of the CSV cannot be read: check its quotes.`, {
        row,
      });
    cells.push(cell.value);
    at = cell.end + 1;
    if (text[cell.end] === ',' && at < text.length) continue;
    if (text[cell.end] === '\r' && text[at] === '\n') at += 1;
    if (cells.some((each) => each.trim() !== '')) yield { row, cells };
    cells = [];
    row += 1;
  }
}

function demandWithin(row: number, columns: number): void {
  if (row > BULK_LINES_MAX)
    throw new DomainError(
      'limit-exceeded',
      `The file has more than ${BULK_LINES_MAX} lines, empty ones included. Split it.`,
    );
  if (columns >= BULK_COLUMNS_MAX)
    throw new DomainError('limit-exceeded', `Row ${row} has more than ${BULK_COLUMNS_MAX} columns.`, { row });
}

/** Of the next line feed, or beyond the text. */
function indexOfLineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** A line as most are, without quotes: twice as fast as cell by cell. Undefined: it is none, or the last one. */
function readPlainLine(text: string, start: number, end: number): string[] | undefined {
  const line = text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
  return end === text.length || /["\r]/.test(line) ? undefined : line.split(',', BULK_COLUMNS_MAX + 1);
}

const CELL_END = /[,\r\n]/g;

/** The cell that starts here, and where what ends it stands; undefined: its quotes are wrong. */
function readCell(text: string, start: number): { value: string; end: number } | undefined {
  if (text[start] === '"') return readQuoted(text, start + 1);
  CELL_END.lastIndex = start;
  const end = CELL_END.exec(text)?.index ?? text.length;
  const value = text.slice(start, end);
  return value.includes('"') ? undefined : { value, end };
}

function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let close = text.indexOf('"', start);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  const end = close + 1;
  if (close < 0 || !(end === text.length || ',\r\n'.includes(text[end]!))) return undefined;
  return { value: text.slice(start, close).replaceAll('""', '"'), end };
}
