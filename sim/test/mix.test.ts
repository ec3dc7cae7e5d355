import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countsOf, mix, parseShares } from '../src/mix.ts';

const countKinds = (devices: ReturnType<typeof mix>) => {
  const counts: Record<string, number> = {};
  for (const { behaviour } of devices) counts[behaviour.kind] = (counts[behaviour.kind] ?? 0) + 1;
  return counts;
};

describe('a mix of behaviours', () => {
  it('has exactly the shares asked for, and the rest is good', () => {
    const devices = mix({ silent: 0.05, failing: 0.05, offline: 0.1 }, 1_000, 7);
    assert.deepEqual(countKinds(devices), { good: 800, silent: 50, failing: 50, offline: 100 });
  });

  it('is the same fleet for the same seed, device by device, and another for another', () => {
    const shares = { slow: 0.5, flapping: 0.3 };
    assert.deepEqual(mix(shares, 200, 7), mix(shares, 200, 7));
    assert.notDeepEqual(mix(shares, 200, 7), mix(shares, 200, 8));
  });

  it('gives the devices left over by rounding to the largest remainders', () => {
    const counts = countsOf({ good: 1 / 3, silent: 1 / 3, mute: 1 / 3 }, 10);
    assert.equal(counts.get('good')! + counts.get('silent')! + counts.get('mute')!, 10);
    assert.ok([...counts.values()].every((count) => count <= 4));
  });

  it('names devices as the wire allows, in order', () => {
    const names = mix({}, 100, 1, 'lamp-').map(({ deviceName }) => deviceName);
    assert.deepEqual([names[0], names[99]], ['lamp-001', 'lamp-100']);
  });

  it('is refused when the shares are more than the whole or not shares at all', () => {
    assert.throws(() => mix({ good: 0.8, mute: 0.3 }, 10, 1), /more than 1/);
    assert.throws(() => mix({ mute: -0.1 }, 10, 1), /from 0 to 1/);
  });

  it('is read from text, and what cannot be read is named', () => {
    assert.deepEqual(parseShares('good=0.9, silent=0.05,failing=0.05'), {
      good: 0.9,
      silent: 0.05,
      failing: 0.05,
    });
    assert.throws(() => parseShares('grumpy=0.5'), /"grumpy" is not a behaviour/);
    assert.throws(() => parseShares('good='), /share of good/);
    assert.throws(() => parseShares('good=0.9,mute=0.9'), /more than 1/);
  });
});
