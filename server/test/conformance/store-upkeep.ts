import assert from 'node:assert/strict';
import { IDEMPOTENCY_LIFETIME_MS, SESSION_IDLE_MS, SESSION_LIFETIME_MS } from '../../src/domain/limits.ts';
import type { Store } from '../../src/domain/store-port.ts';
import { at, type StoreTests } from './store-bench.ts';
import { createAccount } from './store-people.ts';

const ROW = { requestSha256: 'sha', reference: 'rollout 灯' };

export const upkeepTests: StoreTests = {
  'what a request made is found again by who asked and with which key': async (store) => {
    await store.write((tx) => tx.upkeep.putIdempotent('ann', 'key', { ...ROW, createdAt: 1 }));
    const find = (actor: string, key: string) => store.read((tx) => tx.upkeep.findIdempotent(actor, key));
    assert.deepEqual(await find('ann', 'key'), ROW);
    assert.equal(await find('bob', 'key'), undefined);
    assert.equal(await find('ann', 'Key'), undefined);
  },

  'a key is used once: a second request under it is refused and the first stays': async (store) => {
    const put = (reference: string) =>
      store.write((tx) => tx.upkeep.putIdempotent('ann', 'key', { ...ROW, reference, createdAt: 1 }));
    await put('first');
    await assert.rejects(put('second'));
    const found = await store.read((tx) => tx.upkeep.findIdempotent('ann', 'key'));
    assert.equal(found?.reference, 'first');
  },

  'a fact about the store is what was written last': async (store) => {
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('clock')), undefined);
    await store.write((tx) => tx.upkeep.putMeta('clock', '1'));
    await store.write((tx) => tx.upkeep.putMeta('clock', '2'));
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('clock')), '2');
  },

  'a replica says that it lives, again and again': async (store) => {
    await store.write((tx) => tx.upkeep.beat('replica', at(1)));
    await store.write((tx) => tx.upkeep.beat('replica', at(2)));
  },

  'a sweep removes what has expired and nothing that has not': async (store) => {
    const now = at(SESSION_LIFETIME_MS * 2);
    await createExpiring(store, now.wallMs, now.serviceMs);
    await store.write((tx) => tx.upkeep.sweep(now, 100));
    assert.deepEqual(await survivors(store, now.wallMs), [
      'session fresh',
      'challenge fresh',
      'challenge verified',
      'browser fresh',
      'key fresh',
    ]);
    assert.equal((await store.read((tx) => tx.people.findThrottle('fresh', now))).count, 1);
  },

  'a sweep is bounded, and sweeping again removes the rest': async (store) => {
    const now = at(IDEMPOTENCY_LIFETIME_MS * 2);
    for (let index = 0; index < 5; index += 1)
      await store.write((tx) => tx.upkeep.putIdempotent('ann', `key${index}`, { ...ROW, createdAt: 1 }));
    const left = async () => {
      let count = 0;
      for (let index = 0; index < 5; index += 1)
        if (await store.read((tx) => tx.upkeep.findIdempotent('ann', `key${index}`))) count += 1;
      return count;
    };
    const counts: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await store.write((tx) => tx.upkeep.sweep(now, 2));
      counts.push(await left());
    }
    assert.deepEqual(counts, [3, 1, 0]);
  },
};

/** One of each kind that is over, and one that is not. */
async function createExpiring(store: Store, wallMs: number, serviceMs: number): Promise<void> {
  const { id: accountId } = await createAccount(store);
  await store.write(async (tx) => {
    for (const [id, createdAt, usedAt] of [
      ['fresh', wallMs - 1, wallMs - 1],
      ['idle', wallMs - SESSION_IDLE_MS - 1, wallMs - SESSION_IDLE_MS - 1],
      ['old', wallMs - SESSION_LIFETIME_MS - 1, wallMs],
    ] as const)
      await tx.people.createWebSession({
        id,
        accountId,
        createdAt,
        usedAt,
        wantedPush: null,
        remoteAddress: '',
        userAgent: '',
      });
    for (const [id, expiresAt] of [
      ['fresh', wallMs + 1],
      ['verified', wallMs - 1],
      ['over', wallMs - 1],
    ] as const) {
      await tx.people.createStepUp({ ...CHALLENGE, id, accountId, expiresAt });
      await tx.people.addTrustedBrowser({ tokenSha256: id, accountId, createdAt: 1, expiresAt });
    }
    await tx.people.verifyStepUp('verified', { at: wallMs + 1, ms: serviceMs + 1 });
    await tx.upkeep.putIdempotent('ann', 'fresh', { ...ROW, createdAt: wallMs - 1 });
    await tx.upkeep.putIdempotent('ann', 'over', { ...ROW, createdAt: wallMs - IDEMPOTENCY_LIFETIME_MS - 1 });
    await tx.people.throttle('fresh', 10, { wallMs, serviceMs });
    await tx.people.throttle('over', 10, { wallMs, serviceMs: serviceMs - 11 });
  });
}

const CHALLENGE = {
  sessionId: 'fresh',
  channel: 'sms',
  binding: 'b',
  codeHash: 'h',
  attemptsLeft: 5,
  expiresMs: 1,
  verifiedUntilAt: null,
  verifiedUntilMs: null,
  createdAt: 1,
} as const;

async function survivors(store: Store, wallMs: number): Promise<string[]> {
  return store.read(async (tx) => {
    const found: string[] = [];
    for (const id of ['fresh', 'idle', 'old'])
      if (await tx.people.findWebSession(id)) found.push(`session ${id}`);
    for (const id of ['fresh', 'verified', 'over'])
      if (await tx.people.findStepUp(id)) found.push(`challenge ${id}`);
    // Asked as of long ago, so that only a row that is gone is not found.
    const account = (await tx.people.findAccount('ann'))!;
    for (const id of ['fresh', 'over'])
      if (await tx.people.isTrustedBrowser(id, account.id, wallMs - 1_000)) found.push(`browser ${id}`);
    for (const id of ['fresh', 'over'])
      if (await tx.upkeep.findIdempotent('ann', id)) found.push(`key ${id}`);
    return found;
  });
}
