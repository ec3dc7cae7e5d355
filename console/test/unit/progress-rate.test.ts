import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addSample,
  isStill,
  ratePerMinute,
  SAMPLES_MAX,
  type Sample,
  secondsLeft,
  splitOpen,
} from '../../src/pages/rollouts/progress-rate.ts';

const samplesOf = (...list: [seconds: number, finished: number][]) =>
  list.reduce<readonly Sample[]>(
    (samples, [seconds, finished]) => addSample(samples, { atMs: seconds * 1000, finished, bad: 0 }),
    [],
  );

describe('the rate of a rollout', () => {
  it('is what finished since the page was opened, per minute', () => {
    assert.equal(ratePerMinute(samplesOf([0, 10], [5, 20], [10, 30]), 10_000), 120);
  });

  it('looks back over the last minute only', () => {
    const samples = samplesOf([0, 0], [10, 1_000], [100, 1_010], [130, 1_040]);
    assert.equal(ratePerMinute(samples, 130_000), 40);
  });

  it('is not said before there is something to measure, nor when nothing moves any more', () => {
    assert.equal(ratePerMinute([], 0), undefined);
    assert.equal(ratePerMinute(samplesOf([0, 5]), 10_000), undefined);
    assert.equal(ratePerMinute(samplesOf([0, 5], [1, 9]), 1_000), undefined);
    assert.equal(ratePerMinute(samplesOf([0, 5], [10, 9]), 40_000), undefined);
    assert.deepEqual(
      [isStill([], 0), isStill(samplesOf([0, 5]), 10_000), isStill(samplesOf([0, 5]), 40_000)],
      [false, false, true],
    );
  });

  it('starts over when a retry opens deliveries again', () => {
    const samples = samplesOf([0, 10], [10, 100], [20, 90], [30, 95]);
    assert.equal(ratePerMinute(samples, 30_000), 30);
  });

  it('gives a time left only together with a rate', () => {
    assert.equal(secondsLeft(50, 100), 30);
    assert.equal(secondsLeft(50, undefined), undefined);
    assert.equal(secondsLeft(0, 100), undefined);
  });

  it('tells what is under way from what waits for devices to come online', () => {
    const product = { deviceCount: 100, onlineCount: 70 };
    assert.deepEqual(splitOpen({ open: 90, pending: 80 }, product), { away: 30, underWay: 60 });
    assert.deepEqual(splitOpen({ open: 25, pending: 20 }, product), { away: 20, underWay: 5 });
    assert.deepEqual(splitOpen({ open: 20, pending: 20 }, product), { away: 20, underWay: 0 });
    assert.deepEqual(splitOpen({ open: 3, pending: 0 }, product), { away: 0, underWay: 3 });
    // The counts were read at different moments.
    assert.deepEqual(splitOpen({ open: 3, pending: 3 }, { deviceCount: 1, onlineCount: 2 }), {
      away: 0,
      underWay: 3,
    });
  });
});

describe('the samples of a page', () => {
  it('leave out repeats', () => {
    assert.equal(samplesOf([0, 1], [1, 1], [2, 1]).length, 1);
  });

  it('stay few however long the page is open, and keep their last minute', () => {
    const day = samplesOf(
      ...Array.from({ length: 40_000 }, (_, index): [number, number] => [index * 2, index]),
    );
    assert.ok(day.length <= SAMPLES_MAX, String(day.length));
    assert.equal(ratePerMinute(day, 79_998_000), 30);
    assert.equal(day[0]?.atMs, 0);
  });
});
