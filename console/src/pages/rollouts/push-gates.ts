/** What stands in the way of a push, as far as the page can know. The server decides. */
import type { ProductView } from '@opencota/contract/http/products';

export type Gate =
  | { kind: 'right' }
  | { kind: 'lower'; pushedVersion: number }
  | { kind: 'switch-off' }
  | { kind: 'cool-down'; nextAllowedAt: string; leftMs: number };

type Snapshot = {
  mayPush: boolean;
  version: number;
  rolledOutVersion: number;
  isEnabled: boolean;
  nextAllowedAt: string | null;
  nowMs: number;
};

/** All of them, what cannot be waited for first. */
export function gatesOf(snapshot: Snapshot): Gate[] {
  const { mayPush, version, rolledOutVersion, isEnabled, nextAllowedAt, nowMs } = snapshot;
  const leftMs = nextAllowedAt === null ? 0 : Date.parse(nextAllowedAt) - nowMs;
  const gates: Gate[] = [];
  if (!mayPush) gates.push({ kind: 'right' });
  if (version < rolledOutVersion) gates.push({ kind: 'lower', pushedVersion: rolledOutVersion });
  if (!isEnabled) gates.push({ kind: 'switch-off' });
  if (nextAllowedAt !== null && leftMs > 0) gates.push({ kind: 'cool-down', nextAllowedAt, leftMs });
  return gates;
}

export type PushOptions = {
  note: string;
  deadlineHours: number | null;
  attemptTimeoutSeconds: number | null;
};

const HOUR_SECONDS = 3_600;

/** The members of the request; what is empty is left to the product's settings. */
export function pushBody(version: number, options: PushOptions) {
  const { note, deadlineHours, attemptTimeoutSeconds } = options;
  return {
    version,
    ...(note.trim() === '' ? {} : { note: note.trim() }),
    ...(deadlineHours === null ? {} : { deadlineSeconds: Math.round(deadlineHours * HOUR_SECONDS) }),
    ...(attemptTimeoutSeconds === null ? {} : { attemptTimeoutSeconds }),
  };
}

/** What devices run now, the most common first. */
export function devicesByVersion(product: Pick<ProductView, 'deviceCount'> & { usage: readonly Usage[] }) {
  const { deviceCount, usage } = product;
  const counted = usage.reduce((sum, each) => sum + (each.version === 0 ? 0 : each.deviceCount), 0);
  const known = usage.filter(({ version, deviceCount: count }) => version !== 0 && count > 0);
  const without = Math.max(0, deviceCount - counted);
  const all = without > 0 ? [...known, { version: 0, deviceCount: without }] : known;
  return all.toSorted((a, b) => b.deviceCount - a.deviceCount);
}

type Usage = { version: number; deviceCount: number };
