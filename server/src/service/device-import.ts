/**
 * Bulk registration: CSV in, one result per row out (R2).
 *
 * Columns: `deviceName` and, optionally, `tags` separated by `;` and `deviceSecret` (of a device that moves
 * here with the secret it has). A header is optional. Rows are written in batches, so that requests are
 * served in between; each batch is durable on its own, with its
 * line in the audit log, and the same file sent again reports the names that
 * exist and adds the rest.
 */
import { DomainError } from '../domain/errors.ts';
import { BULK_COLUMNS_MAX, BULK_LINES_MAX, BULK_ROWS_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Product } from '../domain/product.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { deviceProblem } from './devices.ts';
import { devicePurpose, type Parts } from './parts.ts';
import { createSecret, getProduct } from './products.ts';

const IMPORT_BATCH = 500;

export type ImportRow =
  | { row: number; deviceName: string; status: 'created'; deviceSecret: string }
  | {
      row: number;
      deviceName: string;
      status: 'exists' | 'duplicate' | 'invalid' | 'failed';
      message: string;
    };

type Candidate = { row: number; deviceName: string; tags: string[]; deviceSecret?: string };

/** In this order, unless the first row names them in another. */
const COLUMNS = ['deviceName', 'tags', 'deviceSecret'] as const;
type Column = (typeof COLUMNS)[number];

/** Takes CSV lines apart (RFC 4180 quoting). Throws for too many rows, an open quote or an unknown column. */
export function parseDeviceCsv(text: string): Candidate[] {
  const records = parseCsv(text);
  const header = readHeader(records[0]);
  if (header !== undefined) records.shift();
  if (records.length > BULK_ROWS_MAX) {
    throw new DomainError(
      'limit-exceeded',
      `The file has at least ${records.length} rows; one upload may have ${BULK_ROWS_MAX}. Split it.`,
    );
  }
  const columns: readonly Column[] = header ?? COLUMNS;
  const places = COLUMNS.map((column) => columns.indexOf(column));
  return records.map(({ row, cells }) => {
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
  });
}

/** The columns that a first row names; undefined: it is a device. A secret must never be read as a tag. */
function readHeader(first: CsvRecord | undefined): Column[] | undefined {
  const names = first?.cells.map((cell) => cell.trim().toLowerCase().replaceAll('_', '')) ?? [];
  if (!names.includes('devicename')) return undefined;
  return names.map((name) => {
    const column = COLUMNS.find((each) => each.toLowerCase() === name);
    if (column !== undefined) return column;
    throw new DomainError(
      'invalid-request',
      `The column ${JSON.stringify(name)} is not known. A file has the columns ${COLUMNS.join(', ')}.`,
      { row: first!.row },
    );
  });
}

type CsvRecord = { row: number; cells: string[] };

/** Lines without anything in them are passed over. Reading ends with the first row that is too many. */
function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let row = 1;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let lineEnd = -1;
  // One more than there may be rows, for the header.
  while (at < text.length && records.length <= BULK_ROWS_MAX + 1) {
    // Looked for once, not again for each of many rows that end otherwise.
    if (lineEnd < at) lineEnd = indexOfLineEnd(text, at);
    const plain = cells.length === 0 ? readPlainLine(text, at, lineEnd) : undefined;
    if (plain !== undefined) {
      demandWithin(row, plain.length - 1);
      if (plain.some((each) => each.trim() !== '')) records.push({ row, cells: plain });
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
    if (cells.some((each) => each.trim() !== '')) records.push({ row, cells });
    cells = [];
    row += 1;
  }
  return records;
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

export type DeviceImport = ReturnType<typeof createDeviceImport>;

export function createDeviceImport(parts: Parts) {
  const { store } = parts;
  return {
    async import(actor: Actor, productKey: string, text: string): Promise<ImportRow[]> {
      const deed = { action: 'device.import', productKey, target: 'devices' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        const product = await store.read((tx) => getProduct(tx, productKey));
        const candidates = parseDeviceCsv(text);
        await letOthersThrough();
        const { good, bad } = sort(candidates);
        const results = bad;
        for (let start = 0; start < good.length; start += IMPORT_BATCH) {
          const batch = good.slice(start, start + IMPORT_BATCH);
          try {
            results.push(...(await writeBatch(parts, actor, product, batch)));
          } catch (error) {
            // Nothing was made: refused as a whole. Else the secrets made so far must still get out.
            if (!(error instanceof DomainError) || start === 0) throw error;
            results.push(...good.slice(start).map((candidate) => failed(candidate, error)));
            break;
          }
          await letOthersThrough();
        }
        return results.sort((a, b) => a.row - b.row);
      });
    },
  };
}

/** Requests and reports are served between two steps of a large import. */
const letOthersThrough = () => new Promise<void>((resolve) => setImmediate(resolve));

function failed({ row, deviceName }: Candidate, { message }: DomainError): ImportRow {
  return { row, deviceName, status: 'failed', message };
}

async function writeBatch(
  { store, clock, sealer }: Parts,
  actor: Actor,
  { id, productKey }: Product,
  batch: readonly Candidate[],
): Promise<ImportRow[]> {
  const made = batch.map((candidate) => ({
    ...candidate,
    deviceSecret: candidate.deviceSecret ?? createSecret(),
  }));
  const devices = made.map(({ deviceName, tags, deviceSecret }) => ({
    deviceName,
    tags,
    secretSealed: sealer.seal(devicePurpose(productKey, deviceName), deviceSecret),
  }));
  const at = clock.now().wallMs;
  const taken = await store.write(async (tx) => {
    const names = new Set(await tx.devices.createMany(id, devices, at));
    const deed = { action: 'device.import', productKey, target: 'devices' };
    const detail = { rows: batch.length, created: batch.length - names.size };
    await tx.audit.append(auditEntry(actor, deed, at, detail));
    return names;
  });
  const message = 'A device with this name exists already; it was left as it is.';
  return made.map(({ row, deviceName, deviceSecret }) =>
    taken.has(deviceName)
      ? { row, deviceName, status: 'exists', message }
      : { row, deviceName, status: 'created', deviceSecret },
  );
}

function sort(candidates: readonly Candidate[]): { good: Candidate[]; bad: ImportRow[] } {
  const seen = new Set<string>();
  const good: Candidate[] = [];
  const bad: ImportRow[] = [];
  for (const candidate of candidates) {
    const { row, deviceName } = candidate;
    const problem = deviceProblem(candidate);
    if (problem !== undefined) bad.push({ row, deviceName, status: 'invalid', message: problem });
    else if (seen.has(deviceName))
      bad.push({
        row,
        deviceName,
        status: 'duplicate',
        message: 'This name stands in an earlier row of the file.',
      });
    else {
      seen.add(deviceName);
      good.push(candidate);
    }
  }
  // In order of names, so that a large fleet is written page after page and not all over the index.
  good.sort((a, b) => (a.deviceName < b.deviceName ? -1 : 1));
  return { good, bad };
}
