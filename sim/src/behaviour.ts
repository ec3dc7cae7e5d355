/**
 * How a simulated device behaves: a closed list, and what each entry means for the parts of a device.
 *
 * `mannersOf` is the only place that knows the list. Everything else asks for one manner ("does it
 * reply?") and works for a behaviour added tomorrow.
 */
import { DEVICE_REPLY_CODE } from '@opencota/contract/alink/codes';
import type { Random } from './random.ts';

export type Behaviour =
  /** Downloads, checks, applies and confirms, at once. */
  | { kind: 'good' }
  /** As good, but waits before the download and takes its time to apply. */
  | { kind: 'slow'; downloadDelayMs: number; applyDelayMs: number }
  /** As good, but connects only after this time. */
  | { kind: 'late'; connectAfterMs: number }
  /** Never connects. */
  | { kind: 'offline' }
  /** Downloads, then refuses the content and says why; it had nothing to go back to (100011). */
  | { kind: 'failing'; message: string }
  /** Its copy never has the right digest (100002), as with broken flash or a meddling proxy. */
  | { kind: 'digest' }
  /** Refuses the content and runs again what it had (100010). */
  | { kind: 'reverting'; message: string }
  /** Understands the extension, downloads and applies, and never says so. */
  | { kind: 'silent' }
  /**
   * An old Link SDK in C: no extension, no `version` or `method` in its request, always the same request
   * id, no SUBSCRIBE, a picky JSON finder and HTTP parser, a ranged download, no reply at all.
   */
  | { kind: 'linkSdk'; requestId: '123' | 0 }
  /** Acknowledges what MQTT brings and does nothing else. */
  | { kind: 'mute' }
  /** As good, but drops its MQTT connection and comes back, again and again. */
  | { kind: 'flapping'; everyMs: number }
  /** As good, but its downloads break in the middle this often before one goes through. */
  | { kind: 'lossy'; drops: number };

export type BehaviourKind = Behaviour['kind'];

export const BEHAVIOUR_KINDS = [
  'good',
  'slow',
  'late',
  'offline',
  'failing',
  'digest',
  'reverting',
  'silent',
  'linkSdk',
  'mute',
  'flapping',
  'lossy',
] as const satisfies BehaviourKind[];

/** What a behaviour means for the parts of a device. */
export type Manners = {
  /** Null: never. */
  connectAfterMs: number | null;
  /** How long a session lasts before the device itself drops it. Null: as long as the server lets it. */
  sessionMs: number | null;
  /** Set: speaks like an old Link SDK, with this request id, and replies to nothing. */
  linkRequestId: '123' | 0 | null;
  isDownloading: boolean;
  downloadDelayMs: number;
  /** How many of its download connections break in the middle. */
  downloadDrops: number;
  isDigestWrong: boolean;
  applyDelayMs: number;
  /** Null: takes the content. */
  refusal: { code: number; message: string } | null;
  isReplying: boolean;
};

const GOOD: Manners = {
  connectAfterMs: 0,
  sessionMs: null,
  linkRequestId: null,
  isDownloading: true,
  downloadDelayMs: 0,
  downloadDrops: 0,
  isDigestWrong: false,
  applyDelayMs: 0,
  refusal: null,
  isReplying: true,
};

export function mannersOf(behaviour: Behaviour): Manners {
  const { kind } = behaviour;
  switch (kind) {
    case 'good':
      return GOOD;
    case 'slow':
      return {
        ...GOOD,
        downloadDelayMs: behaviour.downloadDelayMs,
        applyDelayMs: behaviour.applyDelayMs,
      };
    case 'late':
      return { ...GOOD, connectAfterMs: behaviour.connectAfterMs };
    case 'offline':
      return { ...GOOD, connectAfterMs: null };
    case 'failing':
      return { ...GOOD, refusal: { code: DEVICE_REPLY_CODE.revertFailed, message: behaviour.message } };
    case 'digest':
      return { ...GOOD, isDigestWrong: true };
    case 'reverting':
      return { ...GOOD, refusal: { code: DEVICE_REPLY_CODE.reverted, message: behaviour.message } };
    case 'silent':
      return { ...GOOD, isReplying: false };
    case 'linkSdk':
      return { ...GOOD, linkRequestId: behaviour.requestId, isReplying: false };
    case 'mute':
      return { ...GOOD, isDownloading: false, isReplying: false };
    case 'flapping':
      return { ...GOOD, sessionMs: behaviour.everyMs };
    case 'lossy':
      return { ...GOOD, downloadDrops: behaviour.drops };
    default:
      return kind satisfies never;
  }
}

/** A behaviour of this kind with ordinary values. The ranges are what a fleet in the field shows. */
export function createBehaviour(kind: BehaviourKind, random: Random): Behaviour {
  switch (kind) {
    case 'slow':
      return {
        kind,
        downloadDelayMs: random.between(500, 5_000),
        applyDelayMs: random.between(100, 2_000),
      };
    case 'late':
      return { kind, connectAfterMs: random.between(5_000, 30_000) };
    case 'failing':
    case 'reverting':
      return { kind, message: random.shuffle(REFUSALS)[0]! };
    case 'linkSdk':
      return { kind, requestId: random.next() < 0.5 ? '123' : 0 };
    case 'flapping':
      return { kind, everyMs: random.between(3_000, 15_000) };
    case 'lossy':
      return { kind, drops: random.between(1, 3) };
    case 'good':
    case 'offline':
    case 'digest':
    case 'silent':
    case 'mute':
      return { kind };
    default:
      return kind satisfies never;
  }
}

const REFUSALS: readonly string[] = [
  'set point out of range',
  'unknown sensor type "ds18b21"',
  'not enough memory for 24 schedule entries',
];
