/**
 * The upload of a device list, in batches: progress is seen, a person can stop, and when the connection breaks the
 * secrets that were made so far are already here. Each secret is said once, so a batch whose answer was lost is
 * marked as such and not taken for refused.
 */
import type { Client } from '@opencota/contract/http/client';
import type { BadRow, RowProblem } from './csv-check.ts';
import { type DeviceRow, writeDevices } from './device-csv.ts';

type Answer = Awaited<ReturnType<Client['devices']['import']>>['rows'][number];
export type ResultStatus = Answer['status'] | 'unknown' | 'notSent';

/** In the order in which they are shown: what needs a person first. */
export const RESULT_STATUSES: readonly ResultStatus[] = [
  'created',
  'exists',
  'duplicate',
  'invalid',
  'failed',
  'unknown',
  'notSent',
];

export type ResultRow = {
  row: number;
  deviceName: string;
  status: ResultStatus;
  deviceSecret?: string;
  /** The server's words. */
  message?: string;
  /** What was seen before the upload. */
  problem?: RowProblem;
};

const BATCH_ROWS = 5_000;

export type ImportRun = {
  results: readonly ResultRow[];
  /** What was not registered, or not surely; to go on with. */
  left: readonly DeviceRow[];
  /** What ended it early. */
  error?: unknown;
};

type Options = {
  send: (csv: string) => Promise<{ rows: readonly Answer[] }>;
  onProgress: (rows: number) => void;
  /** A person had enough: the batch under way is still waited for. */
  isStopped: () => boolean;
  batchRows?: number;
};

export async function runImport(devices: readonly DeviceRow[], options: Options): Promise<ImportRun> {
  const { send, onProgress, isStopped, batchRows = BATCH_ROWS } = options;
  const results: ResultRow[] = [];
  for (let start = 0; start < devices.length; start += batchRows) {
    const left = devices.slice(start);
    if (isStopped()) return { results: [...results, ...left.map(marked('notSent'))], left };
    const batch = left.slice(0, batchRows);
    const rest = left.slice(batchRows);
    try {
      const { rows } = await send(writeDevices(batch));
      const answers = rows.map((answer) => resultOf(batch, answer));
      results.push(...answers);
      const failed = failedOf(batch, answers);
      // What one batch had no room for the next will have none for either.
      if (failed.length > 0)
        return { results: [...results, ...rest.map(marked('notSent'))], left: [...failed, ...rest] };
    } catch (error) {
      return {
        results: [...results, ...batch.map(marked('unknown')), ...rest.map(marked('notSent'))],
        left,
        error,
      };
    }
    onProgress(Math.min(start + batchRows, devices.length));
  }
  return { results, left: [] };
}

const marked =
  (status: ResultStatus) =>
  ({ row, deviceName }: DeviceRow): ResultRow => ({ row, deviceName, status });

function failedOf(batch: readonly DeviceRow[], answers: readonly ResultRow[]): DeviceRow[] {
  const failed = new Set(answers.filter(({ status }) => status === 'failed').map(({ row }) => row));
  return batch.filter(({ row }) => failed.has(row));
}

/** The header of what is sent is row 1 there; here the row is that of the person's file. */
function resultOf(batch: readonly DeviceRow[], answer: Answer): ResultRow {
  return { ...answer, row: batch[answer.row - 2]?.row ?? answer.row };
}

/** All rows of the file, those that were not sent because they are wrong included, in its order. */
export function mergeResults(
  before: readonly ResultRow[],
  bad: readonly BadRow[],
  run: Pick<ImportRun, 'results'>,
): ResultRow[] {
  const seen = bad.map(({ row, deviceName, problem }): ResultRow => {
    const status = problem.kind === 'duplicate' ? 'duplicate' : 'invalid';
    return { row, deviceName, status, problem };
  });
  const rows = new Map([...before, ...seen, ...run.results].map((result) => [result.row, result]));
  return [...rows.values()].sort((a, b) => a.row - b.row);
}

export function countByStatus(results: readonly ResultRow[]): Map<ResultStatus, number> {
  const counts = new Map<ResultStatus, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

/** Those that have a secret to be kept. */
export function withSecrets(results: readonly ResultRow[]): { deviceName: string; deviceSecret: string }[] {
  return results.flatMap(({ deviceName, deviceSecret }) =>
    deviceSecret === undefined ? [] : [{ deviceName, deviceSecret }],
  );
}
