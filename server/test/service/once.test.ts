/** Idempotency keys (P6): a request that is sent again has no further effect. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../src/domain/store-port.ts';
import { findMade, type Once, onceOnly } from '../../src/service/once.ts';
import { createRolloutService } from '../../src/service/rollouts.ts';
import { createLamps, openBench, personNamed } from './service-bench.ts';

const ONCE: Once = { key: 'k', requestSha256: 'a'.repeat(64) };

function openMaker(t: Parameters<typeof openBench>[0]) {
  const { store, admin } = openBench(t);
  let made = 0;
  const makeOnce = (once: Once | undefined, actor = admin) =>
    store.write((tx) =>
      onceOnly(tx, actor, once, 1, async () => {
        made += 1;
        return `thing ${made}`;
      }),
    );
  const make = async (once: Once | undefined, actor = admin) => (await makeOnce(once, actor)).reference;
  return { store, admin, make, makeOnce, madeCount: () => made };
}

test('the first request makes, every repeat gets what it made', async (t) => {
  const { store, admin, make, madeCount } = openMaker(t);
  assert.equal(await findMade(store, admin, ONCE), undefined);
  assert.equal(await make(ONCE), 'thing 1');
  assert.equal(await make(ONCE), 'thing 1');
  assert.equal(await findMade(store, admin, ONCE), 'thing 1');
  assert.equal(madeCount(), 1);
});

test('of many at the same moment one makes', async (t) => {
  const { makeOnce, madeCount } = openMaker(t);
  const all = await Promise.all(Array.from({ length: 20 }, () => makeOnce(ONCE)));
  assert.deepEqual(new Set(all.map(({ reference }) => reference)), new Set(['thing 1']));
  assert.equal(all.filter(({ isNew }) => isNew).length, 1, 'and it knows that it did');
  assert.equal(madeCount(), 1);
});

test('a key that comes back with another request is refused, and nothing is made', async (t) => {
  const { store, admin, make, madeCount } = openMaker(t);
  await make(ONCE);
  const other = { ...ONCE, requestSha256: 'b'.repeat(64) };
  await assert.rejects(make(other), { code: 'idempotency-conflict' });
  await assert.rejects(findMade(store, admin, other), { code: 'idempotency-conflict' });
  assert.equal(madeCount(), 1);
});

test('a key belongs to whoever used it', async (t) => {
  const { admin, make } = openMaker(t);
  assert.equal(await make(ONCE, personNamed('ann', admin)), 'thing 1');
  assert.equal(await make(ONCE, personNamed('bob', admin)), 'thing 2');
});

test('of two same pushes at once, the second gets the rollout of the first, not its cool-down', async (t) => {
  const bench = openBench(t);
  const { devices, product } = await createLamps(bench);
  const { id: deviceId, deviceName } = devices[0]!;
  const online = { deviceId, productId: product.id, deviceName, isOnline: true, remoteAddress: '', at: 1 };
  await bench.store.write((tx) => tx.sessions.record([online], 'here', bench.clock.now()));
  let isFirstToCome = true;
  const store: Store = {
    ...bench.store,
    async read(work) {
      const found = await bench.store.read(work);
      if (isFirstToCome) {
        // Right after the second push has looked whether it was made already, the first one is.
        isFirstToCome = false;
        await push();
      }
      return found;
    },
  };
  const rollouts = createRolloutService({
    ...bench,
    store,
    requireVerified: async () => {},
    carryOn: async () => {},
  });
  const input = { version: 1, note: '' };
  const push = (once?: Once) =>
    rollouts.start(bench.admin, product.productKey, input, { isTrustedNetwork: true }, once ?? ONCE);
  const second = await push();
  assert.equal(
    (await rollouts.list(bench.admin, product.productKey, { after: undefined, limit: 5 })).length,
    1,
  );
  assert.equal(second.rollout.id, 1);
  await assert.rejects(push({ ...ONCE, key: 'another' }), { code: 'cool-down' });
});

test('without a key each request makes', async (t) => {
  const { store, admin, make } = openMaker(t);
  assert.equal(await make(undefined), 'thing 1');
  assert.equal(await make(undefined), 'thing 2');
  assert.equal(await findMade(store, admin, undefined), undefined);
});

test('what failed is not remembered: the repeat makes', async (t) => {
  const { store, admin, make } = openMaker(t);
  const failing = store.write((tx) =>
    onceOnly(tx, admin, ONCE, 1, () => Promise.reject(new Error('half way'))),
  );
  await assert.rejects(failing, /half way/);
  assert.equal(await make(ONCE), 'thing 1');
});
