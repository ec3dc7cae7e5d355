/** A content that comes in the message is taken as it is, or downloaded on any doubt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBench } from './support/bench.ts';

const CONTENT =
  '{\r\n "n": 9007199254740993, "m": 1.0, "s": "\\u00e9\\ud83d\\ude00 😀\u2028 \\"{}\\" \u007f" }\n';

test('what is pushed in the message is applied byte for byte, without a download', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const members = bench.files.offer(CONTENT, 1);
  bench.push(1, { ...members, content: CONTENT });
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code, reply.data], ['1', 200, { configVersion: 1, sign: members.sign }]);
  assert.deepEqual(
    bench.applied.map(({ text }) => text),
    [CONTENT],
  );
  assert.equal(bench.files.requests.length, 0);
});

test('what the answer to a request brings is applied too, kept on disk, and confirmed', async (t) => {
  const bench = await createBench(t);
  bench.answer({ ...bench.files.offer(CONTENT, 4), content: CONTENT });
  const device = await bench.connect();
  const reply = await bench.reply();
  assert.deepEqual([reply.id, reply.code, reply.data.configVersion], ['0', 200, 4]);
  await device.close();
  await bench.connect();
  assert.deepEqual(
    bench.applied.map(({ text, version, reason }) => [text, version, reason]),
    [
      [CONTENT, 4, 'new'],
      [CONTENT, 4, 'stored'],
    ],
  );
  assert.equal(bench.files.requests.length, 0);
});

for (const [what, content, reason] of [
  ['another byte', CONTENT.replace('1.0', '1.1'), /^the SHA-256 is /],
  ['a byte too many', `${CONTENT} `, /^the content has \d+ of \d+ bytes$/],
  ['half of a surrogate pair', CONTENT.replace('😀', '\ud83d'), /bytes|SHA-256/],
  ['nothing', '', /^the content has 0 of /],
  ['an object', { n: 1 }, /^the content is not a string$/],
  ['null', null, /^the content is not a string$/],
] as const) {
  test(`a content that is not what was announced (${what}) is downloaded instead, and said so`, async (t) => {
    const bench = await createBench(t);
    await bench.connect();
    bench.push(1, { ...bench.files.offer(CONTENT, 1), content });
    assert.equal((await bench.reply()).code, 200);
    const told = await bench.event('inline-unusable');
    assert.ok(told.type === 'inline-unusable');
    assert.match(told.reason, reason);
    assert.deepEqual(
      bench.applied.map(({ text }) => text),
      [CONTENT],
    );
    assert.equal(bench.files.requests.length, 1);
    assert.equal(bench.errors.length, 0);
  });
}

test('neither is a content over the limit of the device applied, nor one that is not JSON', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ sizeBytesMax: 20 });
  bench.push(1, { ...bench.files.offer(CONTENT, 1), content: CONTENT });
  assert.equal((await bench.reply()).code, 100003);
  bench.push(2, { ...bench.files.offer('no JSON', 2), content: 'no JSON' });
  assert.equal((await bench.reply()).code, 100004);
  assert.deepEqual([bench.applied.length, bench.files.requests.length], [0, 0]);
});
