/**
 * What can be said about a device list before it is sent: which rows are good, which are not and why.
 *
 * It works in slices, so that the page stays alive over a hundred thousand rows. What only the server knows (which
 * devices exist) it says with the upload.
 */
import { DEVICE_NAME_PATTERN } from '@opencota/contract/alink/topics';
import { type CsvFault, type DeviceRow, readDevices } from './device-csv.ts';
import { isTag, TAGS_MAX } from './tags.ts';

/** As the server takes (`http/limits.ts`). */
export const FILE_BYTES_MAX = 16 * 1024 * 1024;
const SECRET_PATTERN = /^[\x21-\x7e]{16,64}$/;
const ROWS_PER_SLICE = 2_000;

export type RowProblem =
  | { kind: 'nameMissing' }
  | { kind: 'name' }
  | { kind: 'secret' }
  | { kind: 'tag'; tag: string }
  | { kind: 'tags'; count: number }
  | { kind: 'duplicate'; firstRow: number };

export type BadRow = { row: number; deviceName: string; problem: RowProblem };
export type FileFault = CsvFault | { kind: 'encoding' } | { kind: 'spreadsheet' } | { kind: 'tooLarge' };

export type CsvCheck =
  | { kind: 'fault'; fault: FileFault }
  | { kind: 'rows'; good: readonly DeviceRow[]; bad: readonly BadRow[] };

type Options = {
  signal: AbortSignal;
  /** How much of the text is read, 0 to 1. */
  onProgress: (share: number) => void;
  /** Lets the page draw. */
  pause: () => Promise<unknown>;
};

export async function checkCsv(text: string, { signal, onProgress, pause }: Options): Promise<CsvCheck> {
  const good: DeviceRow[] = [];
  const bad: BadRow[] = [];
  const firstRows = new Map<string, number>();
  for (const read of readDevices(text)) {
    if (read.kind === 'fault') return read;
    const { device, end } = read;
    const { row, deviceName } = device;
    const problem = problemOf(device, firstRows.get(deviceName));
    if (problem === undefined) {
      firstRows.set(deviceName, row);
      good.push(device);
    } else bad.push({ row, deviceName, problem });
    if ((good.length + bad.length) % ROWS_PER_SLICE === 0) {
      onProgress(end / text.length);
      await pause();
      signal.throwIfAborted();
    }
  }
  return { kind: 'rows', good, bad };
}

function problemOf(
  { deviceName, tags, deviceSecret }: DeviceRow,
  firstRow: number | undefined,
): RowProblem | undefined {
  if (deviceName === '') return { kind: 'nameMissing' };
  if (!DEVICE_NAME_PATTERN.test(deviceName)) return { kind: 'name' };
  if (deviceSecret !== undefined && !SECRET_PATTERN.test(deviceSecret)) return { kind: 'secret' };
  if (tags.length > TAGS_MAX) return { kind: 'tags', count: tags.length };
  const tag = tags.find((each) => !isTag(each));
  if (tag !== undefined) return { kind: 'tag', tag };
  return firstRow === undefined ? undefined : { kind: 'duplicate', firstRow };
}

/** A file's text. Spreadsheets save in other encodings than UTF-8 and in formats of their own; those are told apart. */
export function decodeCsv(
  content: Uint8Array,
): { kind: 'text'; text: string } | { kind: 'fault'; fault: FileFault } {
  if (content.length > FILE_BYTES_MAX) return { kind: 'fault', fault: { kind: 'tooLarge' } };
  // The first bytes of a ZIP (xlsx, ods, numbers) and of an old workbook (xls).
  if (startsWith(content, [0x50, 0x4b, 0x03, 0x04]) || startsWith(content, [0xd0, 0xcf, 0x11, 0xe0]))
    return { kind: 'fault', fault: { kind: 'spreadsheet' } };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch {
    return { kind: 'fault', fault: { kind: 'encoding' } };
  }
}

function startsWith(content: Uint8Array, first: readonly number[]): boolean {
  return first.every((byte, index) => content[index] === byte);
}
