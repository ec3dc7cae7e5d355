/**
 * Device lists as CSV, read row by row by the server's rules (`service/device-import.ts`): the columns
 * `deviceName`, `tags` (separated by `;`) and `deviceSecret`, in this order unless a first row names them in
 * another; RFC 4180 quotes; empty lines are passed over but counted.
 */
export const ROWS_MAX = 100_000;
const LINES_MAX = 2 * ROWS_MAX;
const COLUMNS_MAX = 100;

const COLUMNS = ['deviceName', 'tags', 'deviceSecret'] as const;
type Column = (typeof COLUMNS)[number];

export type DeviceRow = { row: number; deviceName: string; tags: readonly string[]; deviceSecret?: string };

/** Why a file cannot be read as a whole. */
export type CsvFault =
  | { kind: 'empty' }
  | { kind: 'quotes'; row: number }
  | { kind: 'separator'; row: number }
  | { kind: 'column'; row: number; name: string }
  | { kind: 'columns'; row: number }
  | { kind: 'rows' };

export type Read = { kind: 'row'; device: DeviceRow; end: number } | { kind: 'fault'; fault: CsvFault };

type CsvRecord = { row: number; cells: string[]; end: number };

/** Each device, and where in the text it ends; a fault is the last that is said. */
export function* readDevices(text: string): Generator<Read, void> {
  let places: readonly number[] | undefined;
  let devices = 0;
  for (const record of readRecords(text)) {
    if ('kind' in record) return yield { kind: 'fault', fault: record };
    if (places === undefined) {
      const head = readHeader(record);
      if ('kind' in head) return yield { kind: 'fault', fault: head };
      places = COLUMNS.map((column) => head.columns.indexOf(column));
      if (head.isHeader) continue;
    }
    devices += 1;
    if (devices > ROWS_MAX) return yield { kind: 'fault', fault: { kind: 'rows' } };
    yield { kind: 'row', device: deviceOf(record, places), end: record.end };
  }
  if (devices === 0) yield { kind: 'fault', fault: { kind: 'empty' } };
}

function deviceOf({ row, cells }: CsvRecord, places: readonly number[]): DeviceRow {
  const [deviceName = '', tags = '', deviceSecret = ''] = places.map((place) => cells[place]?.trim());
  const list = tags
    .split(';')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return { row, deviceName, tags: list, ...(deviceSecret !== '' && { deviceSecret }) };
}

/** What the first row says the columns are. */
function readHeader({
  row,
  cells,
}: CsvRecord): CsvFault | { isHeader: boolean; columns: readonly (Column | undefined)[] } {
  // No device name holds these: the file separates its columns by them.
  if (cells.length === 1 && /[;\t]/.test(cells[0]!)) return { kind: 'separator', row };
  const names = cells.map((cell) => cell.trim().toLowerCase().replaceAll('_', ''));
  if (!names.includes('devicename')) return { isHeader: false, columns: COLUMNS };
  const columns = names.map((name) => COLUMNS.find((each) => each.toLowerCase() === name));
  const unknown = columns.indexOf(undefined);
  return unknown < 0
    ? { isHeader: true, columns }
    : { kind: 'column', row, name: cells[unknown]!.trim().slice(0, 40) };
}

function* readRecords(text: string): Generator<CsvRecord | CsvFault, void> {
  let cells: string[] = [];
  let row = 1;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    if (row > LINES_MAX) return yield { kind: 'rows' };
    if (cells.length >= COLUMNS_MAX) return yield { kind: 'columns', row };
    const cell = readCell(text, at);
    if (cell === undefined) return yield { kind: 'quotes', row };
    cells.push(cell.value);
    at = cell.end + 1;
    if (text[cell.end] === ',' && at < text.length) continue;
    if (text[cell.end] === '\r' && text[at] === '\n') at += 1;
    if (cells.some((each) => each.trim() !== '')) yield { row, cells, end: at };
    cells = [];
    row += 1;
  }
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

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** As the server reads it, byte for byte what was meant: no guard against spreadsheets. */
export function writeDevices(devices: readonly DeviceRow[]): string {
  const lines = devices.map(({ deviceName, tags, deviceSecret = '' }) =>
    [deviceName, tags.join(';'), deviceSecret].map(cell).join(','),
  );
  return `${COLUMNS.join(',')}\n${lines.join('\n')}\n`;
}

/** Secrets for the factory: exact, for a machine reads them. */
export function writeSecrets(
  productKey: string,
  made: readonly { deviceName: string; deviceSecret: string }[],
): string {
  const lines = made.map(({ deviceName, deviceSecret }) =>
    [productKey, deviceName, deviceSecret].map(cell).join(','),
  );
  return `productKey,deviceName,deviceSecret\n${lines.join('\n')}\n`;
}
