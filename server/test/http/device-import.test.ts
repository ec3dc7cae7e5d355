/** Bulk registration over the API (R2): many rows, one result each. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AlinkDevice } from '../support/alink-device.ts';
import type { ApiClient } from '../support/api-client.ts';
import { createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const ROWS_MAX = 100_000;
type Row = { row: number; deviceName: string; status: string; deviceSecret?: string; message?: string };

describe('R2: bulk registration', () => {
  let server: TestServer;
  let admin: ApiClient;
  let productKey: string;
  before(async () => {
    server = await startTestServer();
    ({ admin } = server);
  });
  beforeEach(async () => {
    ({ productKey } = await createProduct(admin));
  });
  after(() => server[Symbol.asyncDispose]());

  const upload = (raw: string | Uint8Array) =>
    admin.send('POST', `/products/${productKey}/devices/bulk`, {
      raw,
      headers: { 'content-type': 'text/csv' },
    });
  const rowsOf = async (raw: string | Uint8Array): Promise<Row[]> => {
    const answer = await upload(raw);
    assert.equal(answer.status, 200, answer.text.slice(0, 500));
    assert.equal(answer.body.created + answer.body.refused, answer.body.rows.length);
    return answer.body.rows;
  };
  const findTags = async (name: string) =>
    (await admin.get(`/products/${productKey}/devices/${name}`)).body.tags;

  test('takes 100,000 rows while others are served, and not one more', async (t) => {
    // A fifth of them are devices of their own; `npm run bench -- --million` makes as many devices as rows.
    const devices = ROWS_MAX / 5;
    const lines = Array.from({ length: ROWS_MAX }, (_, index) => `unit-${index % devices},line=7;beta`);
    const startedAt = performance.now();
    let served = 0;
    let isOver = false;
    const importing = upload(`deviceName,tags\n${lines.join('\n')}\n`).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      assert.equal((await fetch(`${server.baseUrl}/healthz`)).status, 200);
      served += 1;
    }
    const answer = await importing;
    t.diagnostic(
      `${ROWS_MAX} rows in ${Math.round(performance.now() - startedAt)} ms, ${served} other requests served`,
    );
    assert.equal(answer.status, 200, answer.text.slice(0, 500));
    assert.deepEqual([answer.body.created, answer.body.rows.length], [devices, ROWS_MAX]);
    assert.ok(served > 10, `${served} other requests were served meanwhile`);
    assert.equal((await admin.get(`/products/${productKey}`)).body.deviceCount, devices);
    const refused = await upload(`${lines.join('\n')}\none-more,`);
    assert.equal(refused.status, 422);
    assert.equal(refused.body.code, 'limit-exceeded');
    assert.match(refused.body.detail, /more than 100000 rows.*Split it/);
  });

  test('gives each row its result, in the order of the file, and makes the good ones', async () => {
    const rows = await rowsOf(
      'deviceName,tags\nlamp-1,beta\nx,\nlamp-2\nlamp-1,again\nlamp 3,\n灯0001,\nlamp-4,bad tag\n',
    );
    assert.deepEqual(
      rows.map(({ row, deviceName, status }) => [row, deviceName, status]),
      [
        [2, 'lamp-1', 'created'],
        [3, 'x', 'invalid'],
        [4, 'lamp-2', 'created'],
        [5, 'lamp-1', 'duplicate'],
        [6, 'lamp 3', 'invalid'],
        [7, '灯0001', 'invalid'],
        [8, 'lamp-4', 'invalid'],
      ],
    );
    for (const { status, deviceSecret, message } of rows) {
      assert.equal(deviceSecret !== undefined, status === 'created');
      assert.equal(message !== undefined, status !== 'created');
    }
    assert.match(rows[6]!.message!, /the tag "bad tag" must be/);
    assert.deepEqual(await findTags('lamp-1'), ['beta']);
  });

  test('sent again reports what exists, leaves it as it is, and adds the rest', async () => {
    const [first] = await rowsOf('lamp-1,beta\n');
    const again = await rowsOf('lamp-1,other\nlamp-2,\n');
    assert.deepEqual(
      again.map(({ status }) => status),
      ['exists', 'created'],
    );
    assert.deepEqual(await findTags('lamp-1'), ['beta']);
    const identity = { productKey, deviceName: 'lamp-1', deviceSecret: first!.deviceSecret! };
    await using _device = await AlinkDevice.connect(server.mqttPort, identity);
  });

  test('reads what spreadsheets write: quotes, a byte order mark, CR LF, no end of the last line', async () => {
    const text = '\uFEFF"deviceName","tags"\r\n"lamp-1","beta;floor=3"\r\n\r\nlamp-2,"beta"\rlamp-3,beta';
    const rows = await rowsOf(text);
    assert.deepEqual(
      rows.map(({ deviceName, status }) => [deviceName, status]),
      [
        ['lamp-1', 'created'],
        ['lamp-2', 'created'],
        ['lamp-3', 'created'],
      ],
    );
    assert.deepEqual((await findTags('lamp-1')).toSorted(), ['beta', 'floor=3']);
  });

  test('goes by the names of its columns, so that a secret is never taken for a tag', async () => {
    const secret = 'fielded-secret-0123456789';
    await rowsOf(`device_name,device_secret,tags\nlamp-1,${secret},beta\n`);
    assert.deepEqual(await findTags('lamp-1'), ['beta']);
    const identity = { productKey, deviceName: 'lamp-1', deviceSecret: secret };
    await using _device = await AlinkDevice.connect(server.mqttPort, identity);
    const refused = await upload('deviceName,group\nlamp-2,a\n');
    assert.equal(refused.status, 400);
    assert.match(refused.body.detail, /column "group" is not known/);
    const short = await rowsOf('deviceName,tags,deviceSecret\nlamp-3,,short\n');
    assert.equal(short[0]!.status, 'invalid');
  });

  test('refuses a file whose quotes do not close, and says where', async () => {
    for (const [text, row] of [
      ['lamp-1,\n"lamp-2,\n', 2],
      ['lamp-1,\nlamp"2,\n', 2],
      ['"lamp-1"x,\n', 1],
    ] as const) {
      const refused = await upload(text);
      assert.equal(refused.status, 400, refused.text);
      assert.equal(refused.body.row, row);
    }
    assert.equal((await admin.get(`/products/${productKey}`)).body.deviceCount, 0);
  });

  test('stands whatever is sent in place of a file', async () => {
    assert.deepEqual(await rowsOf(''), []);
    assert.deepEqual(await rowsOf('\n\n,,\n'), []);
    const long = await rowsOf(`"${'a'.repeat(10_000_000)}"\n`);
    assert.equal(long[0]!.status, 'invalid');
    const quotes = await upload(`"${'"'.repeat(5_000_000)}`);
    assert.ok([200, 400].includes(quotes.status));
    assert.equal((await rowsOf(Buffer.from([0xff, 0xfe, 0x00, 0x41])))[0]!.status, 'invalid');
    const tooLarge = await upload(Buffer.alloc(16 * 1024 * 1024 + 1, 'a'));
    assert.equal(tooLarge.status, 413);
    const tags = Array.from({ length: 33 }, (_, index) => `tag${index}`).join(';');
    assert.match((await rowsOf(`lamp-1,${tags}\n`))[0]!.message!, /may have 32 tags, not 33/);
  });
});
