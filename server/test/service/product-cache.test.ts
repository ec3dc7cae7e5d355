import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProductCache } from '../../src/service/product-cache.ts';
import { saveVersion } from '../conformance/store-bench.ts';
import { changeSettings, createLamps, openBench } from './service-bench.ts';

test('a product is read once, and then peeked at without the store', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench);
  const cache = createProductCache(bench.store);
  assert.equal(cache.peek(product.id), undefined);
  const loaded = await cache.get(product.id);
  assert.equal(loaded?.product.productKey, 'a1Lamp');
  assert.equal(loaded.requestable?.number, 1);
  const reads = bench.store.readCount();
  assert.equal(cache.peek(product.id), loaded);
  assert.equal(await cache.get(product.id), loaded);
  assert.equal(bench.store.readCount(), reads);
});

test('many who ask at once cost one reading', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench);
  const cache = createProductCache(bench.store);
  const reads = bench.store.readCount();
  await Promise.all(Array.from({ length: 50 }, () => cache.get(product.id)));
  assert.equal(bench.store.readCount(), reads + 1);
});

test('after a refresh the new settings hold, also for who asked while it ran', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench);
  const cache = createProductCache(bench.store);
  await cache.get(product.id);
  await changeSettings(bench, product.id, { isEnabled: false });
  await cache.refresh(product.id);
  assert.equal(cache.peek(product.id)?.product.isEnabled, false);
});

test('refreshes that overlap leave the newest reading', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench);
  const cache = createProductCache(bench.store);
  const turns: Promise<void>[] = [];
  for (let n = 1; n <= 20; n += 1) {
    turns.push(
      changeSettings(bench, product.id, { name: `Lamp ${n}` }).then(() => cache.refresh(product.id)),
    );
  }
  await Promise.all(turns);
  assert.equal(cache.peek(product.id)?.product.name, 'Lamp 20');
});

test('a refresh that cannot read drops what was known: nobody goes by a switch that may be off', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench);
  const cache = createProductCache(bench.store);
  await cache.get(product.id);
  await changeSettings(bench, product.id, { isEnabled: false });
  bench.store.failReads(new Error('no disk'));
  await assert.rejects(cache.refresh(product.id));
  assert.equal(cache.peek(product.id), undefined);
  await assert.rejects(cache.get(product.id));
  bench.store.failReads(undefined);
  assert.equal((await cache.get(product.id))?.product.isEnabled, false);
});

test('what a request gets follows the policy: the latest saved, or the latest rolled out', async (t) => {
  const bench = openBench(t);
  const { product } = await createLamps(bench);
  await saveVersion(bench.store, product, '{"a":2}');
  const cache = createProductCache(bench.store);
  assert.equal((await cache.get(product.id))?.requestable?.number, 2);
  await changeSettings(bench, product.id, { requestPolicy: 'rolledOut' });
  await cache.refresh(product.id);
  assert.equal(cache.peek(product.id)?.requestable, undefined);
  await bench.store.write((tx) => tx.products.setRolledOut(product.id, 1));
  await cache.refresh(product.id);
  assert.equal(cache.peek(product.id)?.requestable?.number, 1);
});

test('a product that is not there is not kept', async (t) => {
  const bench = openBench(t);
  const cache = createProductCache(bench.store);
  assert.equal(await cache.get(99), undefined);
  await cache.refresh(99);
  assert.equal(cache.peek(99), undefined);
});
