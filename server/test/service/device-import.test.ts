/** Taking CSV apart; what is done with the rows is tested over the API. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BULK_COLUMNS_MAX, BULK_LINES_MAX } from '../../src/domain/limits.ts';
import { readDeviceCsv } from '../../src/service/device-csv.ts';
import { createDeviceImport } from '../../src/service/device-import.ts';
import { createLamps, diskFull, openBench } from './service-bench.ts';

const parse = (text: string) => [...readDeviceCsv(text)];
const brief = (text: string) => parse(text).map(({ row, deviceName, tags }) => [row, deviceName, ...tags]);

test('rows are device names with tags between semicolons; blanks around them do not count', () => {
  assert.deepEqual(brief('lamp-1,a;b\n  lamp-2 , c ; ;d ;\nlamp-3'), [
    [1, 'lamp-1', 'a', 'b'],
    [2, 'lamp-2', 'c', 'd'],
    [3, 'lamp-3'],
  ]);
});

test('a header names the columns in its own order, in any spelling that people use', () => {
  assert.deepEqual(brief('tags,DeviceName\na;b,lamp-1\n'), [[2, 'lamp-1', 'a', 'b']]);
  assert.deepEqual(parse('Device_Name,Device_Secret\nlamp-1,s3cret\n'), [
    { row: 2, deviceName: 'lamp-1', tags: [], deviceSecret: 's3cret' },
  ]);
  assert.throws(() => parse('deviceName,tag\nlamp-1,a\n'), {
    code: 'invalid-request',
    message: /"tag"/,
  });
});

test('quotes hold commas, line ends and quotes', () => {
  assert.deepEqual(brief('"la,mp","a\nb"\r\n"say ""hi""",\n'), [
    [1, 'la,mp', 'a\nb'],
    [2, 'say "hi"'],
  ]);
  assert.deepEqual(brief('"",x\n'), [[1, '', 'x']]);
});

test('lines end with LF, CR LF or CR, and empty ones keep their number', () => {
  assert.deepEqual(brief('aaaa\r\n\r\nbbbb\rcccc\n\n\ndddd'), [
    [1, 'aaaa'],
    [3, 'bbbb'],
    [4, 'cccc'],
    [7, 'dddd'],
  ]);
});

test('a byte order mark is no part of the first name', () => {
  assert.deepEqual(brief('\uFEFFlamp-1\n'), [[1, 'lamp-1']]);
  assert.deepEqual(brief('\uFEFF"deviceName"\nlamp-1\n'), [[2, 'lamp-1']]);
});

test('quotes that do not close or stand inside a name are refused with their row', () => {
  for (const [text, row] of [
    ['a\n"b', 2],
    ['a\nb"c', 2],
    ['"a"b', 1],
    ['"a" ,', 1],
  ] as const) {
    assert.throws(() => parse(text), { code: 'invalid-request', detail: { row } }, text);
  }
});

test('a header does not count as a row of the limit', () => {
  const rows = 'lamp\n'.repeat(100_000);
  assert.equal(parse(`deviceName\n${rows}`).length, 100_000);
  assert.throws(() => parse(`${rows}lamp\n`), { code: 'limit-exceeded' });
});

test('lines and columns have limits of their own, so that a file of nothing but separators costs little', () => {
  const blank = (lines: number) => parse(`${'\n'.repeat(lines - 1)}lamp-1`);
  assert.equal(blank(BULK_LINES_MAX).length, 1);
  assert.throws(() => blank(BULK_LINES_MAX + 1), { code: 'limit-exceeded' });
  const wide = (columns: number) => parse(`lamp-1${','.repeat(columns - 1)}x`);
  assert.equal(wide(BULK_COLUMNS_MAX).length, 1);
  assert.throws(() => wide(BULK_COLUMNS_MAX + 1), { code: 'limit-exceeded' });
  // The rest is not even read: there are also too many lines.
  assert.throws(() => parse('x\n'.repeat(BULK_LINES_MAX + 1)), /more than 100000 rows/);
});

test('a product that is not there refuses before anything is read of the file', async (t) => {
  const bench = openBench(t);
  const importer = createDeviceImport(bench);
  await assert.rejects(importer.import(bench.admin, 'none', '"'), { code: 'product-not-found' });
});

test('what an import did is in the audit log: how many rows, how many devices, no secret', async (t) => {
  const bench = openBench(t);
  await createLamps(bench);
  const rows = await createDeviceImport(bench).import(bench.admin, 'a1Lamp', 'lamp-1\nlamp-2\nlamp-3\nx\n');
  const [entry] = await bench.store.read((tx) =>
    tx.audit.list({ action: 'device.import' }, { after: undefined, limit: 1 }),
  );
  // The row that cannot be a device was refused before; it is in the answer.
  assert.deepEqual(entry?.detail, { rows: 3, created: 2 });
  for (const row of rows) if (row.status === 'created') assert.match(row.deviceSecret, /^[0-9a-f]{32}$/);
});

test('an import that the disk cuts short still hands out the secrets of the devices it made', async (t) => {
  const bench = openBench(t);
  await createLamps(bench);
  let writes = 0;
  const store = {
    ...bench.store,
    write(work: Parameters<typeof bench.store.write>[0]) {
      writes += 1;
      return writes > 2 ? Promise.reject(diskFull()) : bench.store.write(work);
    },
  } as typeof bench.store;
  const names = Array.from({ length: 1_500 }, (_, index) => `unit-${String(index).padStart(4, '0')}`);
  const rows = await createDeviceImport({ ...bench, store }).import(bench.admin, 'a1Lamp', names.join('\n'));
  const made = rows.filter(({ status }) => status === 'created');
  const left = rows.filter(({ status }) => status === 'failed');
  assert.deepEqual([made.length, left.length], [1_000, 500]);
  const listed = await bench.store.read((tx) =>
    tx.audit.list({ action: 'device.import' }, { after: undefined, limit: 10 }),
  );
  assert.deepEqual(
    listed.map(({ detail }) => detail.created),
    [500, 500],
  );
  writes = 0;
  const path = createDeviceImport({ ...bench, store: { ...store, write: () => Promise.reject(diskFull()) } });
  await assert.rejects(path.import(bench.admin, 'a1Lamp', 'unit-9999'), { code: 'storage-full' });
});
