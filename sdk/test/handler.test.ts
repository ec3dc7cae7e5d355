/** What happens when the application refuses a configuration, or the disk does. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Bench, createBench } from './support/bench.ts';

test('a handler that throws gets the last good configuration back, and the reply says why', async (t) => {
  const bench = await createBench(t);
  await bench.connect({}, ({ version }) => {
    if (version === 2) throw new Error('rate out of range');
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  const bad = bench.files.offer('{"v":2}', 2);
  bench.push(2, bad);
  const reply = await bench.reply();
  assert.deepEqual(reply, {
    id: '2',
    code: 100010,
    message: 'rate out of range',
    data: { configVersion: 1, sign: bad.sign },
  });
  assert.deepEqual(
    bench.applied.map(({ version, reason }) => [version, reason]),
    [
      [1, 'new'],
      [2, 'new'],
      [1, 'revert'],
    ],
  );
  assert.deepEqual(
    bench.errors.map(({ code }) => code),
    ['config'],
  );
});

test('after a revert the old version is the one that is kept', async (t) => {
  const bench = await createBench(t);
  const first = await bench.connect({}, ({ version }) => {
    if (version === 2) throw new Error('no');
  });
  await applyAndFail(bench);
  await first.close();
  bench.applied.length = 0;
  await bench.connect();
  assert.deepEqual(bench.applied, [{ text: '{"v":1}', version: 1, reason: 'stored' }]);
  assert.deepEqual(await readdir(bench.dir), ['a1B2c3D4e5F.lamp-01.config']);
});

test('answers 100011 when there is no earlier configuration', async (t) => {
  const bench = await createBench(t);
  await bench.connect({}, () => Promise.reject(new Error('no')));
  bench.push(1, bench.files.offer('{"v":1}', 1));
  const reply = await bench.reply();
  assert.deepEqual([reply.code, reply.message], [100011, 'no (no earlier configuration)']);
  assert.deepEqual(await readdir(bench.dir), []);
});

test('answers 100011 when the earlier configuration cannot be applied again', async (t) => {
  const bench = await createBench(t);
  await bench.connect({}, (_config, { reason }) => {
    if (bench.applied.length > 1) throw new Error(reason);
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  bench.push(2, bench.files.offer('{"v":2}', 2));
  const reply = await bench.reply();
  assert.deepEqual(
    [reply.code, reply.message],
    [100011, 'new (the earlier configuration failed too: revert)'],
  );
});

test('a handler that takes too long is told so and counts as failed', async (t) => {
  const bench = await createBench(t);
  let wasTold = false;
  await bench.connect({ applyTimeoutMs: 30 }, ({ version }, { signal }) => {
    if (version === 1) return;
    // The late success must not count.
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        wasTold = true;
        resolve();
      }),
    );
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  bench.push(2, bench.files.offer('{"v":2}', 2));
  const reply = await bench.reply();
  assert.deepEqual([reply.code, reply.message], [100010, 'the handler took longer than 30 ms']);
  assert.deepEqual(reply.data, { configVersion: 1, sign: bench.files.offer('{"v":2}').sign });
  assert.equal(wasTold, true);
});

test('a failed configuration is tried again by every push', async (t) => {
  const bench = await createBench(t);
  let isWell = false;
  await bench.connect({}, () => {
    if (!isWell) throw new Error('not now');
  });
  const members = bench.files.offer('{"v":1}', 1);
  bench.push(1, members);
  assert.equal((await bench.reply()).code, 100011);
  bench.push(2, members);
  assert.equal((await bench.reply()).code, 100011);
  isWell = true;
  bench.push(3, members);
  assert.equal((await bench.reply()).code, 200);
  assert.equal(bench.applied.length, 3);
});

test('a failed configuration offered by get at every reconnect is tried only once', async (t) => {
  const bench = await createBench(t);
  bench.answer(bench.files.offer('{"v":1}', 1));
  await bench.connect({}, () => {
    throw new Error('no');
  });
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code], ['0', 100011]);
  for (let times = 0; times < 3; times += 1) {
    bench.broker.drop();
    await bench.event('skipped');
  }
  assert.equal(bench.applied.length, 1);
});

test('answers 100006 before the handler is called when the disk refuses', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  // A directory where the next file is to be written stands for any refusal of the disk.
  const next = join(bench.dir, 'a1B2c3D4e5F.lamp-01.config.next');
  await mkdir(next);
  const members = bench.files.offer('{"v":2}', 2);
  bench.push(2, members);
  const refused = await bench.reply();
  assert.deepEqual([refused.code, refused.data.configVersion], [100006, 1]);
  assert.equal(bench.applied.length, 1);
  await rm(next, { recursive: true });
  bench.push(3, members);
  assert.equal((await bench.reply()).code, 200);
});

test('goes back to the last good configuration when the disk fails after the handler', async (t) => {
  const bench = await createBench(t);
  const file = join(bench.dir, 'a1B2c3D4e5F.lamp-01.config');
  await bench.connect({}, async ({ version }, { reason }) => {
    if (version !== 2 || reason !== 'new') return;
    // A directory with something in it cannot be replaced by a file.
    await rm(file);
    await mkdir(file);
    await writeFile(join(file, 'x'), '');
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  bench.push(2, bench.files.offer('{"v":2}', 2));
  const reply = await bench.reply();
  assert.deepEqual([reply.code, reply.data.configVersion], [100006, 1]);
  assert.deepEqual(bench.applied.at(-1), { text: '{"v":1}', version: 1, reason: 'revert' });
});

test('a handler that alters what it was given does not alter what is reverted to', async (t) => {
  const bench = await createBench(t);
  const seen: string[] = [];
  await bench.connect({}, ({ bytes, version }) => {
    seen.push(Buffer.from(bytes).toString());
    bytes.fill(0);
    if (version === 2) throw new Error('no');
  });
  await applyAndFail(bench);
  assert.deepEqual(seen, ['{"v":1}', '{"v":2}', '{"v":1}']);
});

async function applyAndFail(bench: Bench): Promise<void> {
  bench.push(1, bench.files.offer('{"v":1}', 1));
  assert.equal((await bench.reply()).code, 200);
  bench.push(2, bench.files.offer('{"v":2}', 2));
  assert.equal((await bench.reply()).code, 100010);
}
