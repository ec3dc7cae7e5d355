/**
 * Bulk registration: CSV in, one result per row out (R2).
 *
 * Rows are read and written in batches, so that requests are served in between. Each batch that is written is
 * durable on its own, with its line in the audit log, and the same file sent again reports the names that exist
 * and adds the rest. Nothing is written of a file that cannot be read to its end.
 */
import { DomainError } from '../domain/errors.ts';
import type { Actor } from '../domain/people.ts';
import type { Product } from '../domain/product.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { type CsvDevice, readDeviceCsv } from './device-csv.ts';
import { deviceProblem } from './devices.ts';
import { devicePurpose, type Parts } from './parts.ts';
import { createSecret, getProduct } from './products.ts';
import { writeAs } from './write-as.ts';

const IMPORT_BATCH = 500;
/** Rows read at a time: some milliseconds. */
const READ_BATCH = 5_000;
const DUPLICATE = 'This name stands in an earlier row of the file.';

export type ImportRow =
  | { row: number; deviceName: string; status: 'created'; deviceSecret: string }
  | {
      row: number;
      deviceName: string;
      status: 'exists' | 'duplicate' | 'invalid' | 'failed';
      message: string;
    };

export type DeviceImport = ReturnType<typeof createDeviceImport>;

export function createDeviceImport(parts: Parts) {
  const { store } = parts;
  return {
    async import(actor: Actor, productKey: string, text: string): Promise<ImportRow[]> {
      const deed = { action: 'device.import', productKey, target: 'devices' };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        const product = await store.read((tx) => getProduct(tx, productKey));
        const { good, bad } = await readInTurns(text);
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

function failed({ row, deviceName }: CsvDevice, { message }: DomainError): ImportRow {
  return { row, deviceName, status: 'failed', message };
}

async function writeBatch(
  { store, clock, sealer }: Parts,
  actor: Actor,
  { id, productKey }: Product,
  batch: readonly CsvDevice[],
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
  const taken = await writeAs(store, actor, async (tx) => {
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

async function readInTurns(text: string): Promise<{ good: CsvDevice[]; bad: ImportRow[] }> {
  const seen = new Set<string>();
  const good: CsvDevice[] = [];
  const bad: ImportRow[] = [];
  let count = 0;
  for (const device of readDeviceCsv(text)) {
    const { row, deviceName } = device;
    const problem = deviceProblem(device);
    if (problem !== undefined) bad.push({ row, deviceName, status: 'invalid', message: problem });
    else if (seen.has(deviceName)) bad.push({ row, deviceName, status: 'duplicate', message: DUPLICATE });
    else {
      seen.add(deviceName);
      good.push(device);
    }
    count += 1;
    if (count % READ_BATCH === 0) await letOthersThrough();
  }
  await letOthersThrough();
  // In order of names, so that a large fleet is written page after page and not all over the index.
  good.sort((a, b) => (a.deviceName < b.deviceName ? -1 : 1));
  return { good, bad };
}
