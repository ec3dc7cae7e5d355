/** Bytes that are wrong, missing, too many, interrupted or refused never reach the handler. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBench } from './support/bench.ts';
import { type Answer, breakAfter, refuse, serve } from './support/files.ts';

const CONTENT = JSON.stringify({ text: 'x'.repeat(5000) });
const BYTES = Buffer.from(CONTENT);

test('resumes a download where the connection was reset', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.push(1, bench.files.offer(CONTENT, 1, breakAfter(BYTES, 1000, 2)));
  assert.equal((await bench.reply()).code, 200);
  assert.deepEqual(
    bench.applied.map(({ text }) => text),
    [CONTENT],
  );
  assert.deepEqual(
    bench.files.requests.map(({ range }) => range),
    [undefined, 'bytes=1000-', 'bytes=2000-'],
  );
});

test('starts over when a server answers a resumed download with the whole file', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const breaking = breakAfter(BYTES, 1000, 1);
  let tries = 0;
  const answer: Answer = (request, response) => {
    tries += 1;
    if (tries === 1) return breaking(request, response);
    response.writeHead(200, { 'Content-Length': BYTES.length }).end(BYTES);
  };
  bench.push(1, bench.files.offer(CONTENT, 1, answer));
  assert.equal((await bench.reply()).code, 200);
  assert.deepEqual(
    bench.applied.map(({ text }) => text),
    [CONTENT],
  );
});

test('starts over when a server answers with another range than asked for', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const breaking = breakAfter(BYTES, 1000, 1);
  let tries = 0;
  const answer: Answer = (request, response) => {
    tries += 1;
    if (tries === 1) return breaking(request, response);
    if (tries > 2) return serve(BYTES)(request, response);
    const range = `bytes 500-${BYTES.length - 1}/${BYTES.length}`;
    response
      .writeHead(206, { 'Content-Length': BYTES.length - 500, 'Content-Range': range })
      .end(BYTES.subarray(500));
  };
  bench.push(1, bench.files.offer(CONTENT, 1, answer));
  assert.equal((await bench.reply()).code, 200);
  assert.equal(bench.files.requests[2]?.range, undefined);
});

test('answers 100003 when the file is shorter than announced', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ downloadAttempts: 2 });
  const members = { ...bench.files.offer('{"v":1}', 1), configSize: 8 };
  bench.answer(members);
  bench.push(1, members);
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code, reply.message], ['1', 100003, '7 of 8 bytes came']);
  assert.deepEqual(reply.data, { configVersion: 0, sign: members.sign });
  assert.equal(bench.applied.length, 0);
});

test('answers 100003 when more comes than announced, and stops reading', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ downloadAttempts: 1 });
  const closed = Promise.withResolvers<void>();
  const endless: Answer = (_request, response) => {
    response.on('close', closed.resolve);
    response.writeHead(200);
    const more = () => response.write('x'.repeat(1000), () => response.destroyed || setImmediate(more));
    more();
  };
  const members = bench.files.offer('{"v":1}', 1, endless);
  bench.answer(members);
  bench.push(1, members);
  assert.equal((await bench.reply()).code, 100003);
  await closed.promise;
  assert.equal(bench.applied.length, 0);
});

test('answers 100002 when a byte is flipped, after fetching it anew from the start', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ downloadAttempts: 3 });
  await bench.broker.take('/get');
  const flipped = Buffer.from(BYTES);
  flipped[100] = flipped[100]! ^ 1;
  const members = bench.files.offer(CONTENT, 1, serve(flipped));
  bench.answer(members);
  bench.push(1, members);
  assert.equal((await bench.reply()).code, 100002);
  // Three attempts with the link of the push, three with the fresh one.
  assert.deepEqual(
    bench.files.requests.map(({ range }) => range),
    Array(6).fill(undefined),
  );
  assert.equal(bench.applied.length, 0);
});

test('a byte flipped once is repaired by the next attempt', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  let tries = 0;
  const answer: Answer = (request, response) => {
    tries += 1;
    serve(tries === 1 ? Buffer.alloc(BYTES.length) : BYTES)(request, response);
  };
  bench.push(1, bench.files.offer(CONTENT, 1, answer));
  assert.equal((await bench.reply()).code, 200);
});

test('refuses a configuration over its own limit without fetching it', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ sizeBytesMax: 100 });
  bench.push(1, bench.files.offer(CONTENT, 1));
  const reply = await bench.reply();
  assert.equal(reply.code, 100003);
  assert.match(reply.message, /limit of 100/);
  assert.equal(bench.files.requests.length, 0);
});

test('answers 100004 when the content is not JSON or not UTF-8', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.push(1, bench.files.offer('{"v":', 1));
  assert.equal((await bench.reply()).code, 100004);
  bench.push(2, bench.files.offer(Buffer.from([0x22, 0xff, 0x22]), 2));
  assert.equal((await bench.reply()).code, 100004);
  assert.equal(bench.applied.length, 0);
});

for (const status of [403, 404, 410]) {
  test(`asks for a fresh link when the link is refused with ${status}, and answers the push`, async (t) => {
    const bench = await createBench(t);
    await bench.connect();
    await bench.broker.take('/get');
    const fresh = bench.files.offer(CONTENT, 1);
    bench.answer(fresh);
    bench.push(17, { ...fresh, url: bench.files.offer(CONTENT, 1, refuse(status)).url });
    const reply = await bench.reply();
    assert.deepEqual([reply.id, reply.code], ['17', 200]);
    assert.equal(bench.files.requests.length, 2);
    assert.deepEqual(
      bench.applied.map(({ text }) => text),
      [CONTENT],
    );
  });
}

test('asks for a fresh link only once and then answers 100001', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  await bench.broker.take('/get');
  const members = bench.files.offer(CONTENT, 1, refuse(403));
  bench.answer(members);
  bench.push(17, members);
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code, reply.message], ['17', 100001, 'the link was refused (403)']);
  assert.equal(bench.files.requests.length, 2);
  assert.equal(bench.broker.published.filter(({ topic }) => topic.endsWith('/get')).length, 2);
});

test('answers 100001 when the server has no fresh link to give', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  await bench.broker.take('/get');
  bench.broker.behaviour.answerGet = (get) => JSON.stringify({ id: get.id, code: 6713, data: {} });
  bench.push(17, bench.files.offer(CONTENT, 1, refuse(403)));
  assert.equal((await bench.reply()).code, 100001);
});

test('does not follow a redirect', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ downloadAttempts: 1 });
  const target = bench.files.offer(CONTENT, 1);
  const redirect: Answer = (_request, response) => response.writeHead(302, { Location: target.url }).end();
  const members = { ...target, url: bench.files.offer(CONTENT, 1, redirect).url };
  bench.answer(members);
  bench.push(1, members);
  assert.equal((await bench.reply()).code, 100001);
  assert.equal(
    bench.files.requests.some(({ path }) => target.url.endsWith(path)),
    false,
  );
});

test('gives up an attempt that takes longer than downloadTimeoutMs and resumes', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ downloadTimeoutMs: 50 });
  let tries = 0;
  const stalling: Answer = (request, response) => {
    tries += 1;
    if (tries > 1) return serve(BYTES)(request, response);
    response.writeHead(200, { 'Content-Length': BYTES.length });
    response.write(BYTES.subarray(0, 1234));
  };
  bench.push(1, bench.files.offer(CONTENT, 1, stalling));
  assert.equal((await bench.reply()).code, 200);
  assert.equal(bench.files.requests[1]?.range, 'bytes=1234-');
});

test('leaves a download that keeps failing for a newer push', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ downloadAttempts: 100, retry: { minMs: 5, maxMs: 5 } });
  bench.push(1, bench.files.offer(CONTENT, 1, refuse(503)));
  await bench.event('download-retry');
  bench.push(2, bench.files.offer('{"v":2}', 2));
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code], ['2', 200]);
});
