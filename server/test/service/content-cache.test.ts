import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContentCache } from '../../src/service/content-cache.ts';
import { saveVersion } from '../conformance/store-bench.ts';
import { createLamps, openBench } from './service-bench.ts';

const MEBIBYTE = 1024 * 1024;

test('a version is read once, however many devices ask for it at once', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench, [], '{"b":1}');
  const contents = createContentCache(bench.store);
  assert.equal(contents.peek(product.id, 1), undefined);
  const reads = bench.store.readCount();
  const found = await Promise.all(Array.from({ length: 50 }, () => contents.get(product.id, 1)));
  assert.equal(bench.store.readCount(), reads + 1);
  for (const content of found) assert.equal(Buffer.from(content!).toString(), '{"b":1}');
  assert.equal(contents.peek(product.id, 1), found[0]);
  assert.equal(bench.store.readCount(), reads + 1);
});

test('what is not there, or could not be read, is asked for again', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench, []);
  const contents = createContentCache(bench.store);
  assert.equal(await contents.get(product.id, 2), undefined);
  bench.store.failReads(new Error('no disk'));
  await assert.rejects(contents.get(product.id, 1));
  bench.store.failReads(undefined);
  assert.ok(await contents.get(product.id, 1));
  await saveVersion(bench.store, product, '{"c":2}');
  assert.equal(Buffer.from((await contents.get(product.id, 2))!).toString(), '{"c":2}');
});

test('memory is bounded: the oldest go, the newest stays', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench, []);
  const contents = createContentCache(bench.store);
  const versions = 70;
  for (let n = 0; n < versions; n += 1) {
    const { number } = await saveVersion(bench.store, product, Buffer.alloc(MEBIBYTE, n));
    await contents.get(product.id, number);
  }
  const kept = Array.from({ length: versions + 1 }, (_, index) => contents.peek(product.id, index + 1));
  assert.equal(kept.filter((content) => content !== undefined).length, 64);
  assert.equal(kept.at(-1)?.length, MEBIBYTE);
  assert.equal(kept[1], undefined);
});
