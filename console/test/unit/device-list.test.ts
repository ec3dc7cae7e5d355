import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Delivery, stepsOf } from '../../src/pages/devices/delivery-steps.ts';
import {
  type DeviceSearch,
  filtersOf,
  queryOf,
  withFilters,
  withoutFilters,
} from '../../src/pages/devices/device-filter.ts';
import { whyNotSend } from '../../src/pages/devices/sendability.ts';
import { addTags } from '../../src/pages/devices/tags.ts';
import { lagsBehind, standingOf } from '../../src/pages/devices/version-lag.ts';
import { deviceSearch, signInSearch } from '../../src/search.ts';

describe('filters of the device list', () => {
  it('are read from the address and asked of the server', () => {
    const search = deviceSearch({
      search: 123,
      version: 0,
      online: false,
      state: 'failed',
      cursor: 'x',
      other: 1,
    });
    assert.deepEqual(queryOf(search), {
      limit: 50,
      cursor: 'x',
      search: '123',
      version: '0',
      online: 'false',
      state: 'failed',
    });
    assert.deepEqual(filtersOf(search), ['search', 'version', 'state', 'online']);
  });

  it('that mean nothing are dropped', () => {
    const search = deviceSearch({ state: 'lost', online: 'maybe', version: -1, size: 7, tag: '' });
    assert.deepEqual(filtersOf(search), []);
    // Undefined stands over what the router would otherwise pass on from the address; absent does not.
    assert.deepEqual([...new Set(Object.values(search))], [undefined]);
    assert.ok('state' in search && 'size' in search);
  });

  it('never lead to another site after the sign-in', () => {
    for (const next of ['https://example.com/', '//example.com', '/\\example.com', 'javascript:alert(1)'])
      assert.deepEqual(signInSearch({ next }), { next: undefined }, next);
    assert.deepEqual(signInSearch({ next: '/users' }), { next: '/users' });
  });

  it('are asked of the server by their names', () => {
    assert.deepEqual(queryOf(deviceSearch({ size: '100' })), { limit: 100 });
  });

  it('begin at the first page when one changes, and leave the address when taken away', () => {
    const search: DeviceSearch = { tag: 'beta', enabled: 'true', cursor: 'x', size: 100 };
    assert.deepEqual(withFilters(search, { tag: undefined, version: 3 }), {
      enabled: 'true',
      version: 3,
      size: 100,
    });
    assert.deepEqual(withoutFilters(search), { size: 100 });
  });
});

describe('versions of a device', () => {
  it('lag in the list when they are lower than what was pushed', () => {
    assert.equal(lagsBehind({ downloadedVersion: 2 }, { rolledOutVersion: 3 }), 3);
    assert.equal(lagsBehind({ downloadedVersion: 0 }, { rolledOutVersion: 1 }), 1);
    assert.equal(lagsBehind({ downloadedVersion: 3 }, { rolledOutVersion: 3 }), undefined);
    assert.equal(lagsBehind({ downloadedVersion: 4 }, { rolledOutVersion: 3 }), undefined);
    assert.equal(lagsBehind({ downloadedVersion: 0 }, { rolledOutVersion: 0 }), undefined);
  });

  it('stand as the device page says', () => {
    const standing = (wantedVersion: number, downloadedVersion: number, confirmedVersion: number) =>
      standingOf({ wantedVersion, downloadedVersion, confirmedVersion, latestDelivery: null });
    assert.equal(standing(0, 0, 0), 'nothingWanted');
    assert.equal(standing(3, 2, 2), 'behind');
    assert.equal(standing(3, 3, 2), 'unconfirmed');
    assert.equal(standing(3, 3, 3), 'upToDate');
    assert.equal(standing(2, 3, 3), 'ahead');
    assert.equal(standing(0, 1, 0), 'ahead');
  });

  it('that were refused are not called unconfirmed, but only as long as they are wanted', () => {
    const latestDelivery = delivery({ state: 'failed', version: 3 });
    const versions = { downloadedVersion: 3, confirmedVersion: 2, latestDelivery };
    assert.equal(standingOf({ ...versions, wantedVersion: 3 }), 'refused');
    assert.equal(standingOf({ ...versions, wantedVersion: 4 }), 'behind');
  });
});

describe('tags that are typed', () => {
  it('come apart at commas, semicolons and spaces, once each', () => {
    assert.deepEqual(addTags({ tags: ['a'], typed: ' b，c; a\td ' }), {
      kind: 'added',
      tags: ['a', 'b', 'c', 'd'],
    });
    assert.deepEqual(addTags({ tags: ['a'], typed: '  ' }), { kind: 'added', tags: ['a'] });
    assert.deepEqual(addTags({ tags: [], typed: '楼层=3' }), { kind: 'added', tags: ['楼层=3'] });
  });

  it('that the server would refuse are named', () => {
    assert.deepEqual(addTags({ tags: [], typed: 'ok bad!' }), { kind: 'bad', tag: 'bad!' });
    assert.equal(addTags({ tags: [], typed: 'x'.repeat(64) }).kind, 'added');
    assert.equal(addTags({ tags: [], typed: 'x'.repeat(65) }).kind, 'bad');
    const many = Array.from({ length: 32 }, (_, index) => `t${index}`);
    assert.deepEqual(addTags({ tags: many, typed: 'one-more' }), { kind: 'tooMany', count: 33 });
  });
});

const NOTHING = { sentAt: null, receivedAt: null, downloadedAt: null, appliedAt: null, endedAt: null };
const delivery = (change: Partial<Delivery>): Delivery => ({
  rolloutId: 7,
  deviceName: 'lamp-1',
  wave: 0,
  version: 3,
  sha256: '',
  state: 'pending',
  open: true,
  attempt: 1,
  code: null,
  message: null,
  ...NOTHING,
  ...change,
});

describe('steps of a delivery', () => {
  const steps = (change: Partial<Delivery>) =>
    stepsOf(delivery(change)).map(({ state, at, isCurrent }) => `${state} ${at}${isCurrent ? ' *' : ''}`);

  it('end where it stands', () => {
    assert.deepEqual(steps({}), ['pending null *']);
    assert.deepEqual(steps({ state: 'received', sentAt: '1', receivedAt: '2' }), ['sent 1', 'received 2 *']);
    assert.deepEqual(
      steps({
        state: 'applied',
        sentAt: '1',
        receivedAt: '2',
        downloadedAt: '3',
        appliedAt: '4',
        endedAt: '4',
      }),
      ['sent 1', 'received 2', 'downloaded 3', 'applied 4 *'],
    );
  });

  it('say when it went wrong, after how far it came', () => {
    assert.deepEqual(steps({ state: 'failed', sentAt: '1', downloadedAt: '2', endedAt: '3', open: false }), [
      'sent 1',
      'downloaded 2',
      'failed 3 *',
    ]);
    assert.deepEqual(steps({ state: 'pending', sentAt: '1', attempt: 2 }), ['sent 1', 'pending null *']);
  });
});

describe('sending again', () => {
  const latestRollout = { id: 7, version: 3, state: 'running' } as Parameters<
    typeof whyNotSend
  >[1]['latestRollout'] &
    object;
  const product = { enabled: true, latestRollout };
  const device = { enabled: true, downloadedVersion: 2, latestDelivery: delivery({ state: 'failed' }) };

  it('is offered for what failed or waits in the newest rollout', () => {
    for (const state of ['failed', 'reverted', 'timedOut', 'unreached', 'pending'] as const)
      assert.equal(whyNotSend({ ...device, latestDelivery: delivery({ state }) }, product), undefined, state);
  });

  it('says why it is not', () => {
    assert.equal(whyNotSend(device, { ...product, latestRollout: null }), 'nothingPushed');
    assert.equal(whyNotSend(device, { ...product, enabled: false }), 'switchOff');
    assert.equal(whyNotSend({ ...device, enabled: false }, product), 'disabled');
    assert.equal(whyNotSend({ ...device, downloadedVersion: 4 }, product), 'newer');
    assert.equal(whyNotSend({ ...device, latestDelivery: null }, product), 'notPart');
    assert.equal(whyNotSend({ ...device, latestDelivery: delivery({ rolloutId: 6 }) }, product), 'notPart');
    const state = (each: Delivery['state']) =>
      whyNotSend({ ...device, latestDelivery: delivery({ state: each }) }, product);
    assert.equal(state('sent'), 'underWay');
    assert.equal(state('applied'), 'hasIt');
    assert.equal(state('superseded'), 'calledOff');
    const over = { ...product, latestRollout: { ...latestRollout, state: 'cancelled' as const } };
    assert.equal(whyNotSend(device, over), 'rolloutOver');
  });
});
