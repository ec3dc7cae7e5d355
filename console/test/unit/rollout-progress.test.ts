import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DeliveryFilter, listDeliveries } from '../../src/pages/rollouts/delivery-filter.ts';
import { isOver, partsOf } from '../../src/pages/rollouts/progress.ts';

const NONE = {
  pending: 0,
  sent: 0,
  received: 0,
  downloaded: 0,
  applied: 0,
  failed: 0,
  reverted: 0,
  timedOut: 0,
  unreached: 0,
  cancelled: 0,
  superseded: 0,
};

describe('the numbers of a rollout', () => {
  it('add up to its devices', () => {
    const counters = {
      ...NONE,
      pending: 5,
      sent: 1,
      downloaded: 6,
      applied: 2,
      failed: 1,
      unreached: 3,
      superseded: 4,
    };
    const { total, done, open, bad, dropped } = partsOf({ counters, open: 8, doneWhen: 'downloaded' });
    assert.equal(total, 22);
    assert.equal(done + open + bad + dropped, total);
    assert.deepEqual({ done, open, bad, dropped }, { done: 6, open: 8, bad: 4, dropped: 4 });
  });

  it('count a download as done only where that is what counts', () => {
    const counters = { ...NONE, downloaded: 6 };
    assert.equal(partsOf({ counters, open: 0, doneWhen: 'downloaded' }).done, 6);
    assert.equal(partsOf({ counters, open: 6, doneWhen: 'applied' }).done, 0);
  });

  it('do not run ahead while deliveries are still being prepared', () => {
    const counters = { ...NONE, pending: 900, downloaded: 100 };
    assert.deepEqual(partsOf({ counters, open: 200, doneWhen: 'downloaded' }).done, 100);
  });

  it('may still move after the end while something is open', () => {
    assert.equal(isOver({ state: 'cancelled', open: 3 }), false);
    assert.equal(isOver({ state: 'paused', open: 0 }), false);
    assert.equal(isOver({ state: 'completed', open: 0 }), true);
  });
});

/** Devices by state, served as the API does. */
function serving(devices: Readonly<Record<string, readonly string[]>>) {
  const list = async (_id: number, query: { state?: string; limit?: number; cursor?: string } = {}) => {
    const names = query.state === undefined ? Object.values(devices).flat() : (devices[query.state] ?? []);
    const from = Number(query.cursor ?? 0);
    const end = from + (query.limit ?? 50);
    const items = names.slice(from, end).map((deviceName) => ({ deviceName }));
    return { items, nextCursor: end < names.length ? String(end) : null };
  };
  // Only the members that the filter reads are there.
  return list as unknown as Parameters<typeof listDeliveries>[0];
}

async function namesOf(filter: DeliveryFilter, limit: number) {
  const list = serving({
    failed: ['f1', 'f2', 'f3'],
    timedOut: ['t1'],
    unreached: ['u1', 'u2'],
    applied: ['a1'],
  });
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listDeliveries(list, { id: 1, filter, limit, cursor });
    found.push(page.items.map(({ deviceName }) => deviceName));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

describe('deliveries that went wrong', () => {
  it('are listed over all their states, each device once, whatever the size of a page', async () => {
    const all = ['f1', 'f2', 'f3', 't1', 'u1', 'u2'];
    for (const limit of [1, 2, 3, 4, 50])
      assert.deepEqual((await namesOf('failing', limit)).flat(), all, `${limit}`);
    assert.deepEqual(await namesOf('failing', 50), [all]);
  });

  it('are listed by one state, or with all others', async () => {
    assert.deepEqual(await namesOf('timedOut', 50), [['t1']]);
    assert.equal((await namesOf('all', 2)).flat().length, 7);
  });
});
