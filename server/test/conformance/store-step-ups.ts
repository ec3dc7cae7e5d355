import assert from 'node:assert/strict';
import type { Store } from '../../src/domain/store-port.ts';
import { at, type StoreTests } from './store-bench.ts';
import { createAccount, createSession } from './store-people.ts';

export const stepUpTests: StoreTests = {
  'a challenge is found as it was made': async (store) => {
    const row = await createChallenge(store, 5);
    assert.deepEqual(await store.read((tx) => tx.people.findStepUp('c1')), row);
    assert.equal(await store.read((tx) => tx.people.findStepUp('c2')), undefined);
  },

  'attempts at a code run out, also when they come at the same time': async (store) => {
    await createChallenge(store, 3);
    const takes = await Promise.all(
      Array.from({ length: 8 }, () => store.write((tx) => tx.people.takeStepUpAttempt('c1'))),
    );
    assert.equal(takes.filter((isLeft) => isLeft).length, 3);
    assert.equal((await store.read((tx) => tx.people.findStepUp('c1')))?.attemptsLeft, 0);
    assert.equal(await store.write((tx) => tx.people.takeStepUpAttempt('other')), false);
  },

  'a verified challenge is listed for its session and its code is spent': async (store) => {
    const row = await createChallenge(store, 5);
    const verified = (session: string) => store.read((tx) => tx.people.listVerifiedStepUps(session));
    assert.deepEqual(await verified('s1'), []);
    await store.write((tx) => tx.people.verifyStepUp('c1', { at: 700, ms: 600 }));
    const spent = { ...row, codeHash: null, attemptsLeft: 0, verifiedUntilAt: 700, verifiedUntilMs: 600 };
    assert.deepEqual(await verified('s1'), [spent]);
    assert.deepEqual(await verified('s2'), []);
    assert.equal(await store.write((tx) => tx.people.takeStepUpAttempt('c1')), false);
  },

  'a session that ends takes its challenges with it': async (store) => {
    await createChallenge(store, 5);
    await store.write((tx) => tx.people.removeWebSession('s1'));
    assert.equal(await store.read((tx) => tx.people.findStepUp('c1')), undefined);
  },

  'a throttle counts within its window, which does not move, and starts again after it': async (store) => {
    const use = (ms: number, name = 'n') => store.write((tx) => tx.people.throttle(name, 100, at(ms)));
    assert.deepEqual(await use(10), { count: 1, endsMs: 110 });
    assert.deepEqual(await use(50), { count: 2, endsMs: 110 });
    assert.deepEqual(await use(50, 'other'), { count: 1, endsMs: 150 });
    assert.deepEqual(await use(109), { count: 3, endsMs: 110 });
    assert.deepEqual(await use(110), { count: 1, endsMs: 210 });
  },

  'looking at a throttle does not count, and a reset one starts again': async (store) => {
    const find = (ms: number) => store.read((tx) => tx.people.findThrottle('n', at(ms)));
    assert.deepEqual(await find(5), { count: 0, endsMs: 5 });
    await store.write((tx) => tx.people.throttle('n', 100, at(10)));
    assert.deepEqual(await find(20), { count: 1, endsMs: 110 });
    assert.deepEqual(await find(20), { count: 1, endsMs: 110 });
    assert.deepEqual(await find(110), { count: 0, endsMs: 110 });
    await store.write((tx) => tx.people.resetThrottle('n'));
    assert.deepEqual(await find(20), { count: 0, endsMs: 20 });
  },

  'uses of a throttle at the same time are all counted': async (store) => {
    const uses = Array.from({ length: 20 }, () => store.write((tx) => tx.people.throttle('n', 100, at(10))));
    const counts = (await Promise.all(uses)).map((use) => use.count);
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  },
};

async function createChallenge(store: Store, attemptsLeft: number) {
  const ann = await createAccount(store);
  await createSession(store, ann.id, 's1');
  const row = {
    id: 'c1',
    accountId: ann.id,
    sessionId: 's1',
    channel: 'sms',
    binding: 'a1Lamp 3 digest',
    codeHash: 'hash',
    attemptsLeft,
    expiresAt: 500,
    expiresMs: 400,
    verifiedUntilAt: null,
    verifiedUntilMs: null,
    createdAt: 1,
  } as const;
  await store.write((tx) => tx.people.createStepUp(row));
  return row;
}
