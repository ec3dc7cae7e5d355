import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  countByStatus,
  mergeResults,
  type ResultRow,
  runImport,
  withSecrets,
} from '../../src/pages/devices/import-run.ts';

const devices = Array.from({ length: 5 }, (_, index) => ({
  row: 10 + index,
  deviceName: `lamp-${index}`,
  tags: [],
}));

/** Registers whatever comes, as the server numbers it: the header is row 1. */
async function register(csv: string): Promise<{ rows: ReturnType<typeof created>[] }> {
  const [, ...lines] = csv.trim().split('\n');
  return { rows: lines.map((line, index) => created(line.split(',')[0]!, index + 2)) };
}
const created = (deviceName: string, row: number) =>
  ({ row, deviceName, status: 'created', deviceSecret: `secret of ${deviceName}` }) as const;

const statuses = (results: readonly ResultRow[]) => results.map(({ row, status }) => `${row} ${status}`);
const never = () => false;

describe('an import', () => {
  it('goes out in batches, and answers under the rows of the file', async () => {
    const sent: string[] = [];
    const progress: number[] = [];
    const run = await runImport(devices, {
      send: (csv) => {
        sent.push(csv);
        return register(csv);
      },
      onProgress: (rows) => progress.push(rows),
      isStopped: never,
      batchRows: 2,
    });
    assert.deepEqual(sent[1], 'deviceName,tags,deviceSecret\nlamp-2,,\nlamp-3,,\n');
    assert.deepEqual(progress, [2, 4, 5]);
    assert.deepEqual(
      statuses(run.results),
      devices.map(({ row }) => `${row} created`),
    );
    assert.deepEqual(run.left, []);
    assert.equal(withSecrets(run.results).at(-1)?.deviceSecret, 'secret of lamp-4');
  });

  it('that breaks keeps the secrets it has, and says what is unknown and what was not tried', async () => {
    const lost = new Error('gone');
    let calls = 0;
    const run = await runImport(devices, {
      send: async (csv) => {
        calls += 1;
        if (calls === 2) throw lost;
        return register(csv);
      },
      onProgress() {},
      isStopped: never,
      batchRows: 2,
    });
    assert.deepEqual(statuses(run.results), [
      '10 created',
      '11 created',
      '12 unknown',
      '13 unknown',
      '14 notSent',
    ]);
    assert.equal(run.error, lost);
    assert.deepEqual(run.left, devices.slice(2));
  });

  it('ends with the batch in which the server ran out of room', async () => {
    const run = await runImport(devices, {
      send: async (csv) => {
        const { rows } = await register(csv);
        const [first, ...rest] = rows;
        const failed = rest.map(({ row, deviceName }) => ({
          row,
          deviceName,
          status: 'failed' as const,
          message: 'full',
        }));
        return { rows: [first!, ...failed] };
      },
      onProgress() {},
      isStopped: never,
      batchRows: 3,
    });
    assert.deepEqual(statuses(run.results).slice(0, 4), [
      '10 created',
      '11 failed',
      '12 failed',
      '13 notSent',
    ]);
    assert.deepEqual(run.left, devices.slice(1));
  });

  it('that a person stops leaves the rest to go on with', async () => {
    let done = 0;
    const run = await runImport(devices, {
      send: register,
      onProgress: (rows) => {
        done = rows;
      },
      isStopped: () => done >= 2,
      batchRows: 2,
    });
    assert.deepEqual(run.left, devices.slice(2));
    assert.equal(run.error, undefined);
    assert.deepEqual(
      [...countByStatus(run.results)],
      [
        ['created', 2],
        ['notSent', 3],
      ],
    );
  });

  it('shows all rows of the file in its order, and the later answer of two', () => {
    const before: ResultRow[] = [
      { row: 2, deviceName: 'b', status: 'created', deviceSecret: 's' },
      { row: 3, deviceName: 'c', status: 'unknown' },
    ];
    const bad = [
      { row: 4, deviceName: 'b', problem: { kind: 'duplicate', firstRow: 2 } },
      { row: 1, deviceName: 'a', problem: { kind: 'name' } },
    ] as const;
    const run = { results: [{ row: 3, deviceName: 'c', status: 'exists' }] } as const;
    assert.deepEqual(statuses(mergeResults(before, bad, run)), [
      '1 invalid',
      '2 created',
      '3 exists',
      '4 duplicate',
    ]);
  });
});
