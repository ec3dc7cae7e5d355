import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  cast,
  countRole,
  DEVICES_MIN,
  type Found,
  firstConfirmedAt,
  judge,
  ROLES,
} from '../src/demo/scenario.ts';
import { cellsOf } from '../src/demo/view.ts';

const found = (deviceName: string, state: Found['state'], appliedAt: string | null = null): Found => ({
  deviceName,
  state,
  code: null,
  message: null,
  appliedAt,
});

const asExpected: Found[] = [
  found('thermostat-01', 'applied', '2026-01-01T00:00:02.000Z'),
  found('thermostat-02', 'applied', '2026-01-01T00:00:01.000Z'),
  found('thermostat-03', 'applied', '2026-01-01T00:00:05.000Z'),
  found('thermostat-04', 'failed'),
  found('thermostat-05', 'downloaded'),
];

describe('the cast of the demo', () => {
  it('has 16 devices online, 2 late, 1 refusing and 1 silent of 20', () => {
    const members = cast(20);
    assert.deepEqual(
      ROLES.map((role) => countRole(members, role)),
      [16, 2, 1, 1],
    );
  });

  it('has everyone in a fleet of any size, and each name once', () => {
    for (const count of [DEVICES_MIN, 6, 37, 500, 2_000]) {
      const members = cast(count);
      assert.equal(new Set(members.map(({ deviceName }) => deviceName)).size, count);
      for (const role of ROLES) assert.ok(countRole(members, role) >= 1, `${role} of ${count}`);
    }
  });
});

describe('the verdict', () => {
  it('is good when every device ended as its role must', () => {
    const { ok, wrong } = judge(cast(5), asExpected);
    assert.deepEqual({ ok, wrong }, { ok: true, wrong: [] });
  });

  it('is bad as soon as one device ended otherwise, and names it', () => {
    for (const [index, { deviceName }] of asExpected.entries()) {
      const { ok, wrong } = judge(cast(5), asExpected.with(index, found(deviceName, 'timedOut')));
      assert.deepEqual({ ok, wrong }, { ok: false, wrong: [deviceName] });
    }
  });

  it('is bad when the refusing device took it, or the silent one is said to have confirmed', () => {
    assert.equal(judge(cast(5), asExpected.with(3, found('thermostat-04', 'applied'))).ok, false);
    assert.equal(judge(cast(5), asExpected.with(4, found('thermostat-05', 'applied'))).ok, false);
  });

  it('is bad when the server knows nothing of a device', () => {
    const { ok, outcomes } = judge(cast(5), asExpected.slice(1));
    assert.equal(ok, false);
    assert.equal(outcomes.get('thermostat-01')!.state, null);
  });

  it('takes the first confirmation by time, not by name', () => {
    assert.equal(firstConfirmedAt(asExpected), Date.parse('2026-01-01T00:00:01.000Z'));
    assert.equal(firstConfirmedAt([found('thermostat-05', 'downloaded')]), null);
  });
});

describe('the bar', () => {
  const none = {
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

  it('is always as wide as it should be and shows even one device of thousands', () => {
    const cells = cellsOf({ ...none, applied: 9_998, failed: 1, pending: 1 }, 40);
    assert.equal(
      cells.reduce((sum, each) => sum + each.cells, 0),
      40,
    );
    assert.deepEqual(
      cells.map(({ state }) => state),
      ['applied', 'failed', 'pending'],
    );
  });

  it('is all pending before there is anything to show', () => {
    assert.deepEqual(cellsOf(none, 40), [{ state: 'pending', cells: 40 }]);
  });
});
