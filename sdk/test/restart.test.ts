/** What a device knows after it was closed, killed, or found its file damaged. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createBench, DEVICE_NAME, DEVICE_SECRET, getReplyText, PRODUCT_KEY } from './support/bench.ts';

const FILE = 'a1B2c3D4e5F.lamp-01.config';

test('hands the kept configuration to the handler at start, without a network', async (t) => {
  const bench = await createBench(t);
  const first = await bench.connect();
  bench.push(1, bench.files.offer('{"v": 1.0}', 1));
  await bench.reply();
  await first.close();
  await bench.broker.close();
  const applied = Promise.withResolvers<void>();
  bench.start({}, () => applied.resolve());
  await applied.promise;
  assert.deepEqual(bench.applied.at(-1), { text: '{"v": 1.0}', version: 1, reason: 'stored' });
});

test('with applyStoredAtStart off knows the kept configuration but does not hand it over', async (t) => {
  const bench = await createBench(t);
  const members = bench.files.offer('{"v":1}', 1);
  const first = await bench.connect();
  bench.push(1, members);
  await bench.reply();
  await first.close();
  await bench.connect({ applyStoredAtStart: false });
  bench.push(2, members);
  assert.equal((await bench.reply()).code, 200);
  assert.equal(bench.applied.length, 1);
});

test('tells the version it runs when it asks, and 0 when it has none', async (t) => {
  const bench = await createBench(t);
  const first = await bench.connect();
  assert.deepEqual((await bench.broker.take('/get')).body.params, {
    configScope: 'product',
    getType: 'file',
    configVersion: 0,
  });
  bench.push(1, bench.files.offer('{"v":9}', 9));
  await bench.reply();
  await first.close();
  await bench.connect();
  assert.deepEqual((await bench.broker.take('/get')).body.params, {
    configScope: 'product',
    getType: 'file',
    configVersion: 9,
  });
});

test('refuses a lower version after a restart', async (t) => {
  const bench = await createBench(t);
  const first = await bench.connect();
  bench.push(1, bench.files.offer('{"v":5}', 5));
  await bench.reply();
  await first.close();
  bench.answer(bench.files.offer('{"v":4}', 4));
  await bench.connect();
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code, reply.data.configVersion], ['0', 100005, 5]);
});

test('a kept configuration the handler fails on is tried once more by get, and a newer one still comes', async (t) => {
  const bench = await createBench(t);
  const members = bench.files.offer('{"v":1}', 1);
  const first = await bench.connect();
  bench.push(1, members);
  await bench.reply();
  await first.close();
  bench.answer(members);
  await bench.connect({}, ({ version }) => {
    if (version === 1) throw new Error('no');
  });
  assert.equal((await bench.reply()).code, 100011);
  bench.push(2, bench.files.offer('{"v":2}', 2));
  assert.equal((await bench.reply()).code, 200);
});

for (const [name, damage] of [
  ['torn', (file: string) => truncate(file, 150)],
  ['empty', (file: string) => truncate(file, 0)],
  ['of another kind', (file: string) => writeFile(file, '{}')],
  [
    'flipped in its version',
    async (file: string) => {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('"version":1', '"version":7'));
    },
  ],
] as const) {
  test(`a file that is ${name} is moved aside, and the device starts as if new`, async (t) => {
    const bench = await createBench(t);
    const members = bench.files.offer('{"v":1}', 1);
    const first = await bench.connect();
    bench.push(1, members);
    await bench.reply();
    await first.close();
    await damage(join(bench.dir, FILE));
    bench.applied.length = 0;
    await bench.connect();
    assert.deepEqual(bench.applied, []);
    assert.deepEqual(
      bench.errors.map(({ code }) => code),
      ['storage'],
    );
    assert.deepEqual(await readdir(bench.dir), [`${FILE}.damaged`]);
    bench.push(2, members);
    assert.equal((await bench.reply()).code, 200);
  });
}

test("another device's file is not applied", async (t) => {
  const bench = await createBench(t);
  const first = await bench.connect();
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  await first.close();
  await writeFile(join(bench.dir, 'a1B2c3D4e5F.lamp-02.config'), await readFile(join(bench.dir, FILE)));
  bench.applied.length = 0;
  await bench.connect({ deviceName: 'lamp-02' });
  assert.deepEqual(bench.applied, []);
  assert.match(bench.errors[0]?.message ?? '', /belongs to a1B2c3D4e5F\/lamp-01/);
});

test('a version whose handler was at work when the process was killed is not seen, and is offered again', async (t) => {
  const bench = await createBench(t);
  const members = bench.files.offer('{"v":1}', 1);
  bench.answer(members);
  const child = spawn(
    process.execPath,
    ['--conditions=development', fileURLToPath(new URL('./support/dying-device.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        OPENCOTA_TEST_DEVICE: JSON.stringify({
          host: bench.broker.host,
          productKey: PRODUCT_KEY,
          deviceName: DEVICE_NAME,
          deviceSecret: DEVICE_SECRET,
          dir: bench.dir,
        }),
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
  assert.equal(bench.files.requests.length, 1);
  assert.equal(
    bench.broker.published.some(({ topic }) => topic.endsWith('/push_reply')),
    false,
  );

  await bench.connect();
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code], ['0', 200]);
  assert.deepEqual(bench.errors, [], 'the directory is free again');
  assert.deepEqual(bench.applied, [{ text: '{"v":1}', version: 1, reason: 'new' }]);
  assert.equal(bench.files.requests.length, 2);
});

test('close waits for a handler at work, keeps what it took and answers', async (t) => {
  const bench = await createBench(t);
  const applying = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const device = await bench.connect({}, () => {
    applying.resolve();
    return finish.promise;
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await applying.promise;
  const closing = device.close();
  finish.resolve();
  await closing;
  assert.equal((await bench.reply()).code, 200);
  assert.deepEqual(await readdir(bench.dir), [FILE]);
});

test('close ends a download, a wait and the connection', async (t) => {
  const bench = await createBench(t);
  const requested = Promise.withResolvers<void>();
  const device = await bench.connect();
  bench.push(
    1,
    bench.files.offer('{"v":1}', 1, () => requested.resolve()),
  );
  await requested.promise;
  await device.close();
  bench.broker.behaviour.answerGet = (get) => getReplyText(get.id, 6710);
  await bench.connect();
  assert.equal(bench.applied.length, 0);
});
