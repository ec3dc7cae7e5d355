/** Asking: when, how often, and what the answers lead to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBench, getReplyText, topic } from './support/bench.ts';
import { watchClock } from './support/clock.ts';

test('applies what the server answers and reports it under id 0 with its digest', async (t) => {
  const bench = await createBench(t);
  const members = bench.files.offer('{"v":3}', 3);
  bench.answer(members);
  await bench.connect();
  assert.deepEqual(await bench.reply(), {
    id: '0',
    code: 200,
    message: 'success',
    data: { configVersion: 3, sign: members.sign },
  });
});

test('asks again after every connect, and reports the same configuration only once', async (t) => {
  const bench = await createBench(t);
  bench.answer(bench.files.offer('{"v":3}', 3));
  await bench.connect();
  await bench.event('offered');
  await bench.event('replied');
  for (let times = 0; times < 2; times += 1) {
    bench.broker.drop();
    await bench.event('connected');
    await bench.event('offered');
  }
  assert.equal(bench.broker.published.filter((one) => one.topic === topic('get')).length, 3);
  assert.equal(bench.broker.published.filter((one) => one.topic === topic('push_reply')).length, 1);
  assert.equal(bench.applied.length, 1);
});

test('answers the push and not id 0 when a push and a get bring the same configuration', async (t) => {
  const bench = await createBench(t);
  const members = bench.files.offer('{"v":3}', 3);
  const applying = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  await bench.connect({}, async ({ version }) => {
    applying.resolve();
    if (version === 2) await finish.promise;
  });
  await bench.broker.take('/get');
  bench.push(1, bench.files.offer('{"v":2}', 2));
  await applying.promise;
  bench.push(2, members);
  bench.broker.send(topic('get_reply'), getReplyText('1', 200, members));
  finish.resolve();
  assert.equal((await bench.reply()).id, '1');
  assert.equal((await bench.reply()).id, '2');
});

for (const code of [6710, 6713]) {
  test(`keeps what it has and stops asking after ${code}`, async (t) => {
    const bench = await createBench(t);
    const clock = watchClock('request-retry');
    bench.broker.behaviour.answerGet = (get) => getReplyText(get.id, code);
    const first = await bench.connect();
    await bench.event('refused');
    bench.push(1, bench.files.offer('{"v":1}', 1));
    await bench.reply();
    await first.close();
    await bench.connect({ clock });
    await bench.event('refused');
    assert.deepEqual(bench.applied.at(-1), { text: '{"v":1}', version: 1, reason: 'stored' });
    assert.deepEqual(clock.waitsFor('request-retry'), []);
  });
}

test('waits as long as a 429 says, plus a random part of the spread', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('request-retry', 'request-spread');
  const members = bench.files.offer('{"v":1}', 1);
  let asked = 0;
  bench.broker.behaviour.answerGet = (get) => {
    asked += 1;
    return asked === 1
      ? getReplyText(get.id, 429, { retryAfterSeconds: 20 })
      : getReplyText(get.id, 200, members);
  };
  await bench.connect({ clock, random: () => 0.25, requestJitterMs: 2000 });
  assert.equal((await bench.reply()).code, 200);
  assert.deepEqual(clock.waitsFor('request-retry'), [20_500]);
});

test('believes a 429 up to an hour', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock();
  bench.broker.behaviour.answerGet = (get) => getReplyText(get.id, 429, { retryAfterSeconds: 1e9 });
  await bench.connect({ clock, random: () => 0 });
  await bench.event('refused');
  assert.deepEqual(clock.waitsFor('request-retry'), [3_600_000]);
});

test('repeats a request that gets an error or no answer, ever more slowly', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('request-retry');
  const members = bench.files.offer('{"v":1}', 1);
  let asked = 0;
  bench.broker.behaviour.answerGet = (get) => {
    asked += 1;
    if (asked < 3) return undefined;
    return asked < 6 ? getReplyText(get.id, 500) : getReplyText(get.id, 200, members);
  };
  const random = () => 0.5;
  await bench.connect({ clock, random, requestTimeoutMs: 400, retry: { minMs: 100, maxMs: 1000 } });
  assert.equal((await bench.reply()).code, 200);
  assert.deepEqual(clock.waitsFor('request-retry'), [50, 100, 200, 400, 500]);
  assert.equal(clock.waitsFor('request-timeout')[0], 400);
});

test('asks at once when it has nothing, and spreads its request when it has something', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('request-spread');
  bench.answer(bench.files.offer('{"v":1}', 1));
  await bench.connect({ clock, random: () => 0.75, requestJitterMs: 2000 });
  await bench.reply();
  bench.broker.drop();
  await bench.event('connected');
  await bench.event('requested');
  await bench.event('requested');
  assert.deepEqual(clock.waitsFor('request-spread'), [0, 1500]);
});

test('answers 460 to a push that does not say what to fetch', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const { sign: _, ...members } = bench.files.offer('{"v":1}', 1);
  bench.broker.send(topic('push'), JSON.stringify({ id: 5, params: members }));
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code], ['5', 460]);
});

test('ignores what is not JSON and what is not for it', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.broker.send(topic('push'), 'hello');
  bench.broker.send(topic('get_reply'), '[]');
  bench.broker.send('/sys/a1B2c3D4e5F/lamp-01/thing/config/log/push', '{"id":"1","params":{}}');
  bench.push(1, bench.files.offer('{"v":1}', 1));
  assert.equal((await bench.reply()).id, '1');
  assert.deepEqual(
    bench.errors.map(({ code }) => code),
    ['message', 'message'],
  );
});
