/**
 * A delivery: one device's way through one rollout (R13–R15).
 *
 * `next` is the whole state machine. Every fact about a delivery is an event: what we did (`claimed`),
 * what the device did (`received`, `downloaded`, `confirmed`, `refused`), what its connection did, and
 * what time did. Duplicates and stale attempts are legal events without effect, so nothing that is
 * late or repeated moves a device back. `DELIVERY_EVENTS` is the table of what has an effect where;
 * `next` obeys it, and ARCHITECTURE draws it.
 *
 * A delivery names the digest it carries, not only the version.
 */

import { DEVICE_REPLY_CODE } from '@opencota/contract/alink/codes';
import { ATTEMPTS_MAX, CONFIRM_GRACE_MS, RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MIN_MS } from './limits.ts';

export const DELIVERY_STATES = [
  'pending',
  'sent',
  'received',
  'downloaded',
  'applied',
  'failed',
  'reverted',
  'timedOut',
  'unreached',
  'cancelled',
  'superseded',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What counts as done when a device says nothing: R15. */
export type DoneWhen = 'downloaded' | 'applied';

export type Delivery = {
  readonly id: number;
  readonly rolloutId: number;
  readonly deviceId: number;
  readonly wave: number;
  readonly version: number;
  readonly state: DeliveryState;
  /** False once nothing more is expected. A late confirmation or failure may still move a done download. */
  readonly isOpen: boolean;
  /** Rises with every hand-over; the first is 1. Fences late replies. */
  readonly attempt: number;
  /** Attempts that ran into their time limit while the device was connected. */
  readonly timeouts: number;
  /** The rollout's generation this delivery was last opened in; retrying a rollout raises its own. */
  readonly generation: number;
  /**
   * Service time at which something must happen next: hand over when pending, give up waiting
   * otherwise. Null: nothing happens before the device connects, or ever.
   */
  readonly dueMs: number | null;
  /** The device's code and words when it refused. */
  readonly code: number | null;
  readonly message: string | null;
  // Wall times, for people.
  readonly sentAt: number | null;
  readonly receivedAt: number | null;
  readonly downloadedAt: number | null;
  readonly appliedAt: number | null;
  readonly endedAt: number | null;
};

export type DeliveryEvent =
  | { kind: 'claimed' }
  | { kind: 'handOverFailed'; attempt: number }
  | { kind: 'received'; attempt: number }
  | { kind: 'downloaded' }
  | { kind: 'confirmed' }
  | { kind: 'refused'; attempt: number | null; code: number; message: string }
  | { kind: 'connected' }
  | { kind: 'disconnected' }
  /** `jitter` is in [0, 1) and spreads the next attempts of many devices. */
  | { kind: 'timeout'; isOnline: boolean; jitter: number }
  | { kind: 'deadline' }
  | { kind: 'cancelled' }
  | { kind: 'superseded' }
  | { kind: 'retried'; generation: number; isOnline: boolean };

export type DeliveryEventKind = DeliveryEvent['kind'];

/** The rollout's rules that a delivery lives by. */
export type DeliveryPolicy = { doneWhen: DoneWhen; attemptTimeoutMs: number };

export type DeliveryMoment = { wallMs: number; serviceMs: number };

/** Which events have an effect in which state. Everything else is legal and changes nothing. */
export const DELIVERY_EVENTS: Readonly<Record<DeliveryState, readonly DeliveryEventKind[]>> = {
  pending: [
    'claimed',
    'downloaded',
    'confirmed',
    'refused',
    'connected',
    'disconnected',
    'deadline',
    'cancelled',
    'superseded',
  ],
  sent: [
    'handOverFailed',
    'received',
    'downloaded',
    'confirmed',
    'refused',
    'connected',
    'disconnected',
    'timeout',
    'deadline',
    'cancelled',
    'superseded',
  ],
  received: [
    'downloaded',
    'confirmed',
    'refused',
    'connected',
    'disconnected',
    'timeout',
    'deadline',
    'cancelled',
    'superseded',
  ],
  downloaded: ['confirmed', 'refused', 'timeout', 'deadline', 'cancelled', 'superseded'],
  applied: [],
  failed: ['retried'],
  reverted: ['retried'],
  timedOut: ['retried'],
  unreached: ['retried'],
  cancelled: [],
  superseded: [],
};

/** States that a retry of the rollout opens again. */
export const RETRYABLE_STATES = [
  'failed',
  'reverted',
  'timedOut',
  'unreached',
] as const satisfies DeliveryState[];

/** States that say the rollout did not succeed on this device. */
export const UNSUCCESSFUL_STATES = [...RETRYABLE_STATES, 'cancelled'] as const satisfies DeliveryState[];

/**
 * The delivery after an event. Returns the very same object when the event has no effect.
 */
export function next(
  delivery: Delivery,
  event: DeliveryEvent,
  now: DeliveryMoment,
  policy: DeliveryPolicy,
): Delivery {
  if (!DELIVERY_EVENTS[delivery.state].includes(event.kind)) return delivery;
  switch (event.kind) {
    case 'claimed':
      return {
        ...delivery,
        state: 'sent',
        attempt: delivery.attempt + 1,
        sentAt: now.wallMs,
        dueMs: now.serviceMs + policy.attemptTimeoutMs,
      };
    case 'handOverFailed':
      // The connection took no more: try again soon, if the device is still there.
      if (event.attempt !== delivery.attempt) return delivery;
      return { ...delivery, state: 'pending', dueMs: now.serviceMs + handOverDelayMs(delivery.attempt) };
    case 'received':
      if (event.attempt !== delivery.attempt) return delivery;
      return {
        ...delivery,
        state: 'received',
        receivedAt: now.wallMs,
        dueMs: now.serviceMs + policy.attemptTimeoutMs,
      };
    case 'downloaded':
      return {
        ...delivery,
        state: 'downloaded',
        downloadedAt: now.wallMs,
        dueMs: now.serviceMs + downloadWaitMs(policy),
      };
    case 'confirmed':
      return end({ ...delivery, appliedAt: now.wallMs }, 'applied', now);
    case 'refused':
      if (event.attempt !== null && event.attempt !== delivery.attempt) return delivery;
      return end({ ...delivery, code: event.code, message: event.message }, refusedState(event.code), now);
    case 'connected':
      return { ...delivery, state: 'pending', dueMs: now.serviceMs };
    case 'disconnected':
      return waitForConnection(delivery);
    case 'timeout':
      return afterTimeout(delivery, event, now, policy);
    case 'deadline':
      return afterDeadline(delivery, now, policy);
    case 'cancelled':
    case 'superseded':
      if (!delivery.isOpen) return delivery;
      // A download that counts as done stays what it was.
      return end(delivery, isDoneDownload(delivery, policy) ? 'downloaded' : event.kind, now);
    case 'retried':
      return {
        ...delivery,
        state: 'pending',
        isOpen: true,
        timeouts: 0,
        generation: event.generation,
        code: null,
        message: null,
        endedAt: null,
        dueMs: event.isOnline ? now.serviceMs : null,
      };
    default:
      return event satisfies never;
  }
}

function end(delivery: Delivery, state: DeliveryState, now: DeliveryMoment): Delivery {
  return { ...delivery, state, isOpen: false, dueMs: null, endedAt: now.wallMs };
}

/** Back to pending without a due time: connecting makes it due. */
function waitForConnection(delivery: Delivery): Delivery {
  return { ...delivery, state: 'pending', dueMs: null };
}

/** Downloaded, where that is enough: only a word from the device could still change it. */
function isDoneDownload(delivery: Delivery, policy: DeliveryPolicy): boolean {
  return delivery.state === 'downloaded' && policy.doneWhen === 'downloaded';
}

function downloadWaitMs(policy: DeliveryPolicy): number {
  return policy.doneWhen === 'downloaded' ? CONFIRM_GRACE_MS : policy.attemptTimeoutMs;
}

function refusedState(code: number): DeliveryState {
  return code === DEVICE_REPLY_CODE.reverted ? 'reverted' : 'failed';
}

function afterTimeout(
  delivery: Delivery,
  event: { isOnline: boolean; jitter: number },
  now: DeliveryMoment,
  policy: DeliveryPolicy,
): Delivery {
  if (!delivery.isOpen) return delivery;
  // Silence after a download is what unmodified Link SDKs do on success (alink.md 1.3).
  if (delivery.state === 'downloaded' && policy.doneWhen === 'downloaded')
    return end(delivery, 'downloaded', now);
  if (!event.isOnline) return waitForConnection(delivery);
  const timeouts = delivery.timeouts + 1;
  if (timeouts >= ATTEMPTS_MAX) return end({ ...delivery, timeouts }, 'timedOut', now);
  return {
    ...delivery,
    state: 'pending',
    timeouts,
    dueMs: now.serviceMs + retryDelayMs(timeouts, event.jitter),
  };
}

/** A connection that does not take a push may never: the wait doubles with the attempts, up to the longest. */
export function handOverDelayMs(attempt: number): number {
  return Math.min(RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MIN_MS * 2 ** Math.max(0, attempt - 1));
}

/** Exponential with full jitter above the minimum, so that a fleet that failed together does not return together. */
export function retryDelayMs(timeouts: number, jitter: number): number {
  const ceiling = Math.min(RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MIN_MS * 2 ** timeouts);
  return Math.round(RETRY_BACKOFF_MIN_MS + jitter * (ceiling - RETRY_BACKOFF_MIN_MS));
}

function afterDeadline(delivery: Delivery, now: DeliveryMoment, policy: DeliveryPolicy): Delivery {
  if (!delivery.isOpen) return delivery;
  if (delivery.state === 'downloaded' && policy.doneWhen === 'downloaded')
    return end(delivery, 'downloaded', now);
  // Pending with an attempt behind it was handed over at least once but lost its connection.
  return end(delivery, delivery.state === 'pending' ? 'unreached' : 'timedOut', now);
}

const MESSAGE_ID_DELIVERIES = 2 ** 28;
const MESSAGE_ID_ATTEMPTS = 16;

/**
 * The Alink id of one attempt: stateless, so that a reply finds its delivery after a restart. 28 bits
 * of delivery and 4 of attempt fill the 0..4294967295 that the wire allows; a device has only a
 * handful of deliveries among which a reply is looked up, so the truncation is harmless.
 */
export function messageIdOf(deliveryId: number, attempt: number): number {
  return (deliveryId % MESSAGE_ID_DELIVERIES) * MESSAGE_ID_ATTEMPTS + (attempt % MESSAGE_ID_ATTEMPTS);
}

/** The attempt of this delivery, among its last 16, that a message id was given to; undefined: to none. */
export function attemptOfMessageId(
  messageId: number,
  delivery: { id: number; attempt: number },
): number | undefined {
  if (Math.floor(messageId / MESSAGE_ID_ATTEMPTS) !== delivery.id % MESSAGE_ID_DELIVERIES) return undefined;
  const back =
    (delivery.attempt - (messageId % MESSAGE_ID_ATTEMPTS) + MESSAGE_ID_ATTEMPTS) % MESSAGE_ID_ATTEMPTS;
  const attempt = delivery.attempt - back;
  return attempt < 1 ? undefined : attempt;
}
