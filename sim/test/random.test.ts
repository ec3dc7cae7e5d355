import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom, seedFor } from '../src/random.ts';

const take = (seed: number, count: number) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('random numbers', () => {
  it('are the same for the same seed and others for another', () => {
    assert.deepEqual(take(7, 100), take(7, 100));
    assert.notDeepEqual(take(7, 100), take(8, 100));
  });

  it('stay what they are from release to release, so that a printed seed can be played again', () => {
    const random = createRandom(7);
    assert.deepEqual(
      Array.from({ length: 5 }, () => random.below(1_000)),
      [137, 451, 998, 552, 445],
    );
  });

  it('fill their range evenly', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const number of take(1, 10_000)) tenths[Math.floor(number * 10)]! += 1;
    for (const count of tenths) assert.ok(count > 900 && count < 1_100, `about a tenth each: ${tenths}`);
  });

  it('reach both ends of a range of whole numbers and nothing beyond', () => {
    const random = createRandom(3);
    const seen = new Set(Array.from({ length: 200 }, () => random.between(2, 5)));
    assert.deepEqual([...seen].sort(), [2, 3, 4, 5]);
  });

  it('shuffle without losing or doubling anything', () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = createRandom(5).shuffle(items);
    assert.notDeepEqual(shuffled, items);
    assert.deepEqual(
      shuffled.toSorted((a, b) => a - b),
      items,
    );
  });

  it('begin elsewhere for each name', () => {
    const seeds = new Set(Array.from({ length: 1_000 }, (_, index) => seedFor(1, `device-${index}`)));
    assert.equal(seeds.size, 1_000);
    assert.equal(seedFor(1, 'device-1'), seedFor(1, 'device-1'));
  });
});
