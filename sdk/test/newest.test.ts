/** One configuration at a time, the newest first, and never a lower one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBench } from './support/bench.ts';

test('applies a push byte for byte and answers 200 with the version and digest', async (t) => {
  const bench = await createBench(t);
  const content = '{\n\t"rate": 1.0, "big": 12345678901234567890, "name": "温度", "a":1,"a":2 }\n';
  const members = bench.files.offer(content, 7);
  let bytes: Uint8Array = new Uint8Array();
  let json: unknown;
  await bench.connect({}, (config) => {
    bytes = config.bytes;
    json = config.json;
  });
  bench.push(41, members);
  const reply = await bench.reply();
  assert.deepEqual(reply, {
    id: '41',
    code: 200,
    message: 'success',
    data: { configVersion: 7, sign: members.sign },
  });
  assert.deepEqual(Buffer.from(bytes), Buffer.from(content));
  assert.deepEqual(json, JSON.parse(content));
  assert.deepEqual(bench.applied, [{ text: content, version: 7, reason: 'new' }]);
});

test('of three quick pushes applies the first and the newest, and does not answer the one between', async (t) => {
  const bench = await createBench(t);
  const applying = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  await bench.connect({}, async ({ version }) => {
    applying.resolve();
    if (version === 1) await finish.promise;
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await applying.promise;
  bench.push(2, bench.files.offer('{"v":2}', 2));
  bench.push(3, bench.files.offer('{"v":3}', 3));
  await bench.event('superseded');
  finish.resolve();
  assert.equal((await bench.reply()).id, '1');
  assert.deepEqual(await bench.reply().then(({ id, code }) => ({ id, code })), { id: '3', code: 200 });
  assert.deepEqual(
    bench.applied.map(({ version }) => version),
    [1, 3],
  );
  assert.equal(
    bench.broker.published.some(({ body }) => body.id === '2' && body.code !== undefined),
    false,
  );
});

test('keeps the newest waiting push when an older one comes late', async (t) => {
  const bench = await createBench(t);
  const applying = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  await bench.connect({}, async ({ version }) => {
    applying.resolve();
    if (version === 1) await finish.promise;
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await applying.promise;
  bench.push(3, bench.files.offer('{"v":3}', 3));
  bench.push(2, bench.files.offer('{"v":2}', 2));
  const dropped = await bench.event('superseded');
  assert.ok(dropped.type === 'superseded');
  assert.deepEqual([dropped.id, dropped.version], ['2', 2]);
  finish.resolve();
  await bench.reply();
  assert.equal((await bench.reply()).id, '3');
});

test('never calls the handler for two configurations at once', async (t) => {
  const bench = await createBench(t);
  let atWork = 0;
  let atWorkMax = 0;
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  await bench.connect({}, async () => {
    atWork += 1;
    atWorkMax = Math.max(atWorkMax, atWork);
    started.resolve();
    await finish.promise;
    atWork -= 1;
  });
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await started.promise;
  bench.push(2, bench.files.offer('{"v":2}', 2));
  await bench.event('offered');
  await bench.event('offered');
  assert.equal(bench.applied.length, 1);
  finish.resolve();
  await bench.reply();
  await bench.reply();
  assert.equal(bench.applied.length, 2);
  assert.equal(atWorkMax, 1);
});

test('refuses a lower version with 100005, says what it runs, and does not fetch it', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.push(1, bench.files.offer('{"v":5}', 5));
  await bench.reply();
  const lower = bench.files.offer('{"v":4}', 4);
  bench.push(2, lower);
  const reply = await bench.reply();
  assert.equal(reply.code, 100005);
  assert.deepEqual(reply.data, { configVersion: 5, sign: lower.sign });
  assert.equal(bench.applied.length, 1);
  assert.equal(bench.files.requests.length, 1);
});

test('confirms the running version without fetching or applying it again', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const members = bench.files.offer('{"v":5}', 5);
  bench.push(1, members);
  await bench.reply();
  bench.push(2, members);
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code], ['2', 200]);
  assert.equal(bench.applied.length, 1);
  assert.equal(bench.files.requests.length, 1);
});

test('applies an old content again when it comes under a higher version', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  for (const [id, text, version] of [
    [1, '{"v":1}', 1],
    [2, '{"v":2}', 2],
    [3, '{"v":1}', 3],
  ] as const) {
    bench.push(id, bench.files.offer(text, version));
    assert.equal((await bench.reply()).code, 200);
  }
  assert.deepEqual(
    bench.applied.map(({ text }) => text),
    ['{"v":1}', '{"v":2}', '{"v":1}'],
  );
});

test('takes configurations in the order they arrive when the server has no versions', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  for (const [id, text] of [
    [9, '{"v":"b"}'],
    [8, '{"v":"a"}'],
  ] as const) {
    bench.push(id, bench.files.offer(text));
    const reply = await bench.reply();
    assert.deepEqual([reply.id, reply.code, reply.data.configVersion], [String(id), 200, 0]);
  }
  assert.deepEqual(
    bench.applied.map(({ version }) => version),
    [undefined, undefined],
  );
});
