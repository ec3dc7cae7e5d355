/**
 * Builds a fleet from shares: `{ good: 0.9, silent: 0.05, failing: 0.05 }` of a thousand devices.
 *
 * The counts are exact (largest remainders), the order is shuffled, and the same seed gives the same
 * fleet, device by device.
 */
import { BEHAVIOUR_KINDS, type Behaviour, type BehaviourKind, createBehaviour } from './behaviour.ts';
import { createRandom } from './random.ts';

/** Shares from 0 to 1. What they leave of the whole is `good`. */
export type Shares = Readonly<Partial<Record<BehaviourKind, number>>>;

export type PlannedDevice = { deviceName: string; behaviour: Behaviour };

/** A rounding error in a sum of shares such as 0.1 + 0.2 + 0.7. */
const SUM_TOLERANCE = 1e-9;

/** @throws RangeError when a share is not from 0 to 1 or they sum to more than 1. */
export function mix(shares: Shares, count: number, seed: number, namePrefix = 'sim-'): PlannedDevice[] {
  const random = createRandom(seed);
  const kinds = [...countsOf(shares, count)].flatMap(([kind, many]) =>
    new Array<BehaviourKind>(many).fill(kind),
  );
  const digits = String(count).length;
  return random.shuffle(kinds).map((kind, index) => ({
    deviceName: `${namePrefix}${String(index + 1).padStart(digits, '0')}`,
    behaviour: createBehaviour(kind, random),
  }));
}

/** How many devices of each kind; they sum to `count`. */
export function countsOf(shares: Shares, count: number): Map<BehaviourKind, number> {
  const given = Object.values(shares).reduce((sum, share) => sum + share, 0);
  if (given > 1 + SUM_TOLERANCE) throw new RangeError(`the shares sum to ${given}, which is more than 1`);
  const rest = Math.max(0, 1 - given);
  const exact = BEHAVIOUR_KINDS.map((kind) => {
    const share = shares[kind] ?? 0;
    if (!(share >= 0 && share <= 1)) throw new RangeError(`the share of ${kind} must be from 0 to 1`);
    return { kind, exact: (share + (kind === 'good' ? rest : 0)) * count };
  });
  const counts = new Map(exact.map(({ kind, exact: part }) => [kind, Math.floor(part + SUM_TOLERANCE)]));
  const missing = count - [...counts.values()].reduce((sum, part) => sum + part, 0);
  const byRemainder = exact.toSorted((a, b) => (b.exact % 1) - (a.exact % 1)).slice(0, missing);
  for (const { kind } of byRemainder) counts.set(kind, counts.get(kind)! + 1);
  return counts;
}

/**
 * Reads `good=0.9,silent=0.05,failing=0.05`.
 *
 * @throws RangeError that names what cannot be read.
 */
export function parseShares(text: string): Shares {
  const shares: Partial<Record<BehaviourKind, number>> = {};
  for (const part of text.split(',').filter((each) => each.trim() !== '')) {
    const [name = '', value = ''] = part.split('=').map((each) => each.trim());
    const kind = BEHAVIOUR_KINDS.find((each) => each === name);
    if (kind === undefined) {
      throw new RangeError(`"${name}" is not a behaviour; there are: ${BEHAVIOUR_KINDS.join(', ')}`);
    }
    const share = Number(value);
    if (value === '' || !(share >= 0 && share <= 1)) {
      throw new RangeError(`the share of ${kind} must be a number from 0 to 1, not "${value}"`);
    }
    shares[kind] = share;
  }
  countsOf(shares, 1);
  return shares;
}
