/**
 * Bulk registration: CSV in, one result per row out (R2).
 *
 * Columns: `deviceName` and, optionally, `tags` separated by `;` and `deviceSecret` (of a device that moves here with the
 * secret it has). A header is optional. Rows are written
 * in batches, so that requests are served in between; each batch is durable on its own, and the same file
 * sent again reports the names that exist and adds the rest.
 */
import { DomainError } from '../domain/errors.ts';
import { BULK_ROWS_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { deviceProblem } from './devices.ts';
import { devicePurpose, type Parts } from './parts.ts';
import { createSecret, getProduct } from './products.ts';

const IMPORT_BATCH = 500;

export type ImportRow =
  | { row: number; deviceName: string; status: 'created'; deviceSecret: string }
  | { row: number; deviceName: string; status: 'exists' | 'duplicate' | 'invalid'; message: string };

type Candidate = { row: number; deviceName: string; tags: string[]; deviceSecret?: string };

/** Takes CSV lines apart (RFC 4180 quoting). Throws `invalid-request` for too many rows or an open quote. */
export function parseDeviceCsv(text: string): Candidate[] {
  const records = parseCsv(text);
  const first = records[0]?.cells[0]?.trim().toLowerCase();
  if (first === 'devicename' || first === 'device_name') records.shift();
  if (records.length > BULK_ROWS_MAX) {
    throw new DomainError(
      'limit-exceeded',
      `The file has ${records.length} rows; one upload may have ${BULK_ROWS_MAX}. Split it.`,
    );
  }
  return records.map(({ row, cells: [deviceName = '', tags = '', deviceSecret = ''] }) => ({
    row,
    deviceName: deviceName.trim(),
    tags: tags
      .split(';')
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    ...(deviceSecret.trim() === '' ? {} : { deviceSecret: deviceSecret.trim() }),
  }));
}

type CsvRecord = { row: number; cells: string[] };

function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  let cells: string[] = [];
  let row = 1;
  cell.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (match === null)
      throw new DomainError('invalid-request', `Row ${row} of the CSV cannot be read: check its quotes.`, {
        row,
      });
    cells.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === ',' && cell.lastIndex < text.length) continue;
    if (cells.some((each) => each.trim() !== '')) records.push({ row, cells });
    cells = [];
    row += 1;
  }
  return records;
}

export type DeviceImport = ReturnType<typeof createDeviceImport>;

export function createDeviceImport(parts: Parts) {
  const { store, clock, sealer } = parts;

  const writeBatch = async (
    productKey: string,
    productId: number,
    batch: readonly Candidate[],
  ): Promise<ImportRow[]> => {
    const withSecrets = batch.map((candidate) => ({
      ...candidate,
      deviceSecret: candidate.deviceSecret ?? createSecret(),
    }));
    const devices = withSecrets.map(({ deviceName, tags, deviceSecret }) => ({
      deviceName,
      tags,
      secretSealed: sealer.seal(devicePurpose(productKey, deviceName), deviceSecret),
    }));
    const taken = new Set(
      await store.write((tx) => tx.devices.createMany(productId, devices, clock.now().wallMs)),
    );
    return withSecrets.map(({ row, deviceName, deviceSecret }) =>
      taken.has(deviceName)
        ? {
            row,
            deviceName,
            status: 'exists',
            message: 'A device with this name exists already; it was left as it is.',
          }
        : { row, deviceName, status: 'created', deviceSecret },
    );
  };

  return {
    async import(actor: Actor, productKey: string, text: string): Promise<ImportRow[]> {
      const deed = { action: 'device.import', productKey, target: 'devices' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        const product = await store.read((tx) => getProduct(tx, productKey));
        const { good, bad } = sort(parseDeviceCsv(text));
        const results = bad;
        for (let start = 0; start < good.length; start += IMPORT_BATCH) {
          results.push(
            ...(await writeBatch(productKey, product.id, good.slice(start, start + IMPORT_BATCH))),
          );
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
        const created = results.filter(({ status }) => status === 'created').length;
        await store.write((tx) =>
          tx.audit.append(auditEntry(actor, deed, clock.now().wallMs, { rows: results.length, created })),
        );
        return results.sort((a, b) => a.row - b.row);
      });
    },
  };
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
  return { good, bad };
}
