import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CsvCheck, checkCsv, decodeCsv } from '../../src/pages/devices/csv-check.ts';
import { ROWS_MAX, readDevices, writeDevices, writeSecrets } from '../../src/pages/devices/device-csv.ts';

const check = (text: string): Promise<CsvCheck> =>
  checkCsv(text, { signal: new AbortController().signal, onProgress() {}, pause: async () => {} });

async function checkRows(text: string) {
  const found = await check(text);
  assert(found.kind === 'rows', JSON.stringify(found));
  return found;
}

async function faultOf(text: string) {
  const found = await check(text);
  assert(found.kind === 'fault');
  return found.fault;
}

describe('a device list', () => {
  it('is read with and without a first row, whatever its case and order', async () => {
    const plain = await checkRows('lamp-1,floor=1;beta\nlamp-2\n');
    assert.deepEqual(plain.good, [
      { row: 1, deviceName: 'lamp-1', tags: ['floor=1', 'beta'] },
      { row: 2, deviceName: 'lamp-2', tags: [] },
    ]);
    const named = await checkRows('\uFEFFdevice_secret,DeviceName\r\n0123456789abcdef,lamp-1\r\n');
    assert.deepEqual(named.good, [
      { row: 2, deviceName: 'lamp-1', tags: [], deviceSecret: '0123456789abcdef' },
    ]);
  });

  it('counts empty lines, passes them over, and reads quoted cells', async () => {
    const { good } = await checkRows('deviceName,tags\n\n"lamp-1","a ; b"\n,,\nlamp-2\n');
    assert.deepEqual(
      good.map(({ row, deviceName, tags }) => [row, deviceName, ...tags]),
      [
        [3, 'lamp-1', 'a', 'b'],
        [5, 'lamp-2'],
      ],
    );
  });

  it('says of each bad row what is wrong with it', async () => {
    const rows = [
      'lamp-1',
      'abc',
      'lamp 2',
      ',beta',
      'lamp-3,no tag!',
      `lamp-4,${Array.from({ length: 33 }, (_, index) => `t${index}`).join(';')}`,
      'lamp-5,,short',
      'lamp-1',
    ];
    const { good, bad } = await checkRows(rows.join('\n'));
    assert.deepEqual(
      good.map(({ deviceName }) => deviceName),
      ['lamp-1'],
    );
    assert.deepEqual(
      bad.map(({ row, problem }) => [row, problem]),
      [
        [2, { kind: 'name' }],
        [3, { kind: 'name' }],
        [4, { kind: 'nameMissing' }],
        [5, { kind: 'tag', tag: 'no tag!' }],
        [6, { kind: 'tags', count: 33 }],
        [7, { kind: 'secret' }],
        [8, { kind: 'duplicate', firstRow: 1 }],
      ],
    );
  });

  it('that cannot be read as a whole says where and why', async () => {
    assert.deepEqual(await faultOf(''), { kind: 'empty' });
    assert.deepEqual(await faultOf('deviceName,tags\n\n'), { kind: 'empty' });
    assert.deepEqual(await faultOf('lamp-1\n"lamp-2\n'), { kind: 'quotes', row: 2 });
    assert.deepEqual(await faultOf('lamp-1\nla"mp-2\n'), { kind: 'quotes', row: 2 });
    assert.deepEqual(await faultOf('deviceName;tags\n'), { kind: 'separator', row: 1 });
    assert.deepEqual(await faultOf('lamp-1\tbeta\n'), { kind: 'separator', row: 1 });
    assert.deepEqual(await faultOf('deviceName,colour\n'), { kind: 'column', row: 1, name: 'colour' });
    assert.deepEqual(await faultOf(`lamp-1${','.repeat(200)}\n`), { kind: 'columns', row: 1 });
  });

  it('of exactly the most rows is taken and of one more is not', async () => {
    const rows = (count: number) => Array.from({ length: count }, (_, index) => `lamp-${index}`).join('\n');
    assert.equal((await checkRows(rows(ROWS_MAX))).good.length, ROWS_MAX);
    assert.deepEqual(await faultOf(`deviceName\n${rows(ROWS_MAX + 1)}`), { kind: 'rows' });
    assert.deepEqual(await faultOf(`lamp-1\n${'\n'.repeat(2 * ROWS_MAX)}lamp-2`), { kind: 'rows' });
  });

  it('lets the page live while it is checked, and ends when the page is left', async () => {
    const text = Array.from({ length: 5_000 }, (_, index) => `lamp-${index}`).join('\n');
    const stop = new AbortController();
    const shares: number[] = [];
    const checking = checkCsv(text, {
      signal: stop.signal,
      onProgress: (share) => shares.push(share),
      pause: async () => {
        if (shares.length === 2) stop.abort();
      },
    });
    await assert.rejects(checking, { name: 'AbortError' });
    assert.equal(shares.length, 2);
    assert(shares[0]! > 0.3 && shares[0]! < shares[1]! && shares[1]! < 1);
  });

  it('is written so that reading it gives the same devices', () => {
    const devices = [
      { row: 2, deviceName: 'lamp-1', tags: ['a', 'b=2'] },
      { row: 3, deviceName: '@lamp', tags: [], deviceSecret: '=",0123456789abc' },
    ];
    const read = [...readDevices(writeDevices(devices))].map((each) => each.kind === 'row' && each.device);
    assert.deepEqual(read, devices);
  });

  it('of secrets names the product and is exact', () => {
    assert.equal(
      writeSecrets('pk1', [{ deviceName: '-lamp', deviceSecret: '=a"b' }]),
      'productKey,deviceName,deviceSecret\npk1,-lamp,"=a""b"\n',
    );
  });
});

describe('a file', () => {
  it('in UTF-8 is text, and others say what they are', () => {
    assert.deepEqual(decodeCsv(Buffer.from('lamp-1,楼层=1')), { kind: 'text', text: 'lamp-1,楼层=1' });
    const fault = (content: Uint8Array) => {
      const decoded = decodeCsv(content);
      return decoded.kind === 'fault' && decoded.fault.kind;
    };
    assert.equal(fault(Buffer.from([0xc2, 0xa5, 0xb2, 0xe3])), 'encoding');
    assert.equal(fault(Buffer.from('PK\u0003\u0004…')), 'spreadsheet');
    assert.equal(fault(new Uint8Array(16 * 1024 * 1024 + 1)), 'tooLarge');
  });
});
