/**
 * What the demo plays: who the devices are, how each must end, and whether it did.
 *
 * Pure: the stage (server, devices, terminal) is elsewhere.
 */
import type { Counters, RolloutView } from '@opencota/contract/http/rollouts';
import type { Static } from 'typebox';

export type DeliveryState = keyof Static<typeof Counters>;

export type Role =
  /** Online before the push; applies and confirms. */
  | 'online'
  /** Switched on some seconds after the push. */
  | 'late'
  /** Its handler throws on this configuration, and it has no earlier one. */
  | 'refusing'
  /** Downloads and never replies, like an unmodified old Link SDK. */
  | 'linkSdk';

export const ROLES = ['online', 'late', 'refusing', 'linkSdk'] as const satisfies Role[];

/** How each must end. With `doneWhen: downloaded`, a silent download counts as done. */
export const EXPECTED_STATES: Readonly<Record<Role, DeliveryState>> = {
  online: 'applied',
  late: 'applied',
  refusing: 'failed',
  linkSdk: 'downloaded',
};

export const DEVICES_MIN = 5;
export const DEVICES_MAX = 10_000;
export const DEVICES_DEFAULT = 20;

const SHARES = { late: 0.1, refusing: 0.05, linkSdk: 0.05 } as const;

export type CastMember = { deviceName: string; role: Role };

/** Everyone, by name. At least one of each role; at 20 devices: 16 online, 2 late, 1 refusing, 1 silent. */
export function cast(count: number): CastMember[] {
  const many = (share: number) => Math.max(1, Math.round(count * share));
  const late = many(SHARES.late);
  const refusing = many(SHARES.refusing);
  const linkSdk = many(SHARES.linkSdk);
  const roles = Object.entries({ online: count - late - refusing - linkSdk, late, refusing, linkSdk });
  const digits = Math.max(2, String(count).length);
  return roles
    .flatMap(([role, times]) => new Array<Role>(times).fill(role as Role))
    .map((role, index) => ({ deviceName: `thermostat-${String(index + 1).padStart(digits, '0')}`, role }));
}

export const countRole = (members: readonly CastMember[], role: Role): number =>
  members.filter((member) => member.role === role).length;

/** How one delivery stands, as the API tells it. */
export type Found = {
  deviceName: string;
  state: DeliveryState;
  code: number | null;
  message: string | null;
  /** When the server recorded the confirmation, RFC 3339. */
  appliedAt: string | null;
};

export type Outcome = {
  role: Role;
  expected: DeliveryState;
  /** Null: the server knows no delivery to this device. */
  state: DeliveryState | null;
  code: number | null;
  message: string | null;
};

/** Epoch milliseconds of the first confirmation. Null: there was none. */
export function firstConfirmedAt(found: readonly Found[]): number | null {
  const times = found.flatMap(({ appliedAt }) => (appliedAt === null ? [] : [Date.parse(appliedAt)]));
  return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
}

export type Verdict = { ok: boolean; outcomes: Map<string, Outcome>; wrong: string[] };

/** Puts what was found beside what had to be. */
export function judge(members: readonly CastMember[], found: readonly Found[]): Verdict {
  const byName = new Map(found.map((each) => [each.deviceName, each]));
  const outcomes = new Map<string, Outcome>();
  const wrong: string[] = [];
  for (const { deviceName, role } of members) {
    const delivery = byName.get(deviceName);
    const expected = EXPECTED_STATES[role];
    const { state = null, code = null, message = null } = delivery ?? {};
    outcomes.set(deviceName, { role, expected, state, code, message });
    if (state !== expected) wrong.push(deviceName);
  }
  return { ok: wrong.length === 0, outcomes, wrong };
}

export type Summary = {
  ok: boolean;
  devices: number;
  productKey: string;
  rolloutId: number;
  version: number;
  /** Deliveries by state. */
  counts: RolloutView['counters'];
  /** From the start of the demo until the server recorded the first confirmation. Null: there was none. */
  secondsToFirstConfirmed: number | null;
  /** From the start of the demo until nothing more was expected of any device. */
  seconds: number;
  outcomes: Record<string, Outcome>;
};
