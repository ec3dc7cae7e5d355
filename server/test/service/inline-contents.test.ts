import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INLINE_BYTES_MAX } from '../../src/domain/limits.ts';
import { createContentCache } from '../../src/service/content-cache.ts';
import { createInlineContents } from '../../src/service/inline-contents.ts';
import { saveVersion } from '../conformance/store-bench.ts';
import { createLamps, openBench } from './service-bench.ts';

const ofSize = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;

test('a content of exactly the limit goes into messages, and one byte more does not', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench, []);
  const inline = createInlineContents(createContentCache(bench.store));
  const text = ofSize(INLINE_BYTES_MAX);
  const fitting = await saveVersion(bench.store, product, text);
  assert.equal(await inline.find(fitting), JSON.stringify(text));
  const larger = await saveVersion(bench.store, product, ofSize(INLINE_BYTES_MAX + 1));
  assert.equal(inline.find(larger), undefined);
});

test('a version is read and escaped once, however many devices it goes to', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench, []);
  const version = await saveVersion(bench.store, product, '{"b":1}');
  const inline = createInlineContents(createContentCache(bench.store));
  const reads = bench.store.readCount();
  await Promise.all(Array.from({ length: 50 }, () => inline.find(version)));
  assert.equal(inline.find(version), '"{\\"b\\":1}"', 'it is there at once');
  assert.equal(bench.store.readCount(), reads + 1);
});

test('what cannot be read, is gone, or is not text goes by its link, and is tried again', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench, []);
  const inline = createInlineContents(createContentCache(bench.store));
  const version = await saveVersion(bench.store, product, '{"b":1}');
  bench.store.failReads(new Error('no disk'));
  assert.equal(await inline.find(version), undefined);
  bench.store.failReads(undefined);
  assert.equal(typeof (await inline.find(version)), 'string');
  assert.equal(await inline.find({ ...version, number: 99 }), undefined);
  const binary = await saveVersion(bench.store, product, Uint8Array.from([0x22, 0xff, 0x22]));
  assert.equal(await inline.find(binary), undefined);
});

test('so many contents are kept for messages: of more the oldest goes', async () => {
  const reads: number[] = [];
  const inline = createInlineContents({
    peek: () => undefined,
    async get(_productId, version) {
      reads.push(version);
      return Buffer.from('{}');
    },
  });
  const find = (number: number) => inline.find({ productId: 1, number, bytes: 2 });
  for (let number = 1; number <= 1_000; number += 1) await find(number);
  assert.equal(find(1), '"{}"');
  await find(1_001);
  assert.equal(find(1_001), '"{}"');
  assert.equal(find(2), '"{}"');
  await find(1);
  assert.equal(reads.at(-1), 1, 'it is read again');
});
