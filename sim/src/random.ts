/**
 * Numbers that look random and are the same for the same seed, so that a fleet can be built twice.
 *
 * A counter that grows by the golden ratio, with its bits stirred well. Good enough to choose
 * behaviours and delays; never used for a secret.
 */
export type Random = {
  /** From 0 up to but not including 1. */
  next(): number;
  /** A whole number from 0 up to but not including `end`. */
  below(end: number): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[];
};

const GOLDEN_STEP = 0x9e3779b9;
const UINT32_COUNT = 2 ** 32;

export function createRandom(seed: number): Random {
  let counter = seed | 0;
  const next = () => {
    counter = (counter + GOLDEN_STEP) | 0;
    return stir(counter) / UINT32_COUNT;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    between: (min, max) => min + below(max - min + 1),
    shuffle(items) {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = below(last + 1);
        // Both places are inside the list.
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
  };
}

/** A seed of its own for each name, so that what one device does never depends on the others' timing. */
export function seedFor(seed: number, name: string): number {
  let mixed = stir(seed | 0);
  for (let at = 0; at < name.length; at++) mixed = stir(mixed ^ name.charCodeAt(at));
  return mixed;
}

/** Every bit of the input changes about half of the bits of the output. */
function stir(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
