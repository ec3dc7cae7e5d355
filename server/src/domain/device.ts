/**
 * A device: one unit of a product (R2, R18, R19).
 */
import type { Delivery } from './delivery.ts';

export type Device = {
  readonly id: number;
  readonly productId: number;
  readonly deviceName: string;
  /** Labels such as `beta` or `floor=3`. */
  readonly tags: readonly string[];
  readonly isEnabled: boolean;
  readonly isOnline: boolean;
  /** Wall times. */
  readonly createdAt: number;
  readonly lastSeenAt: number | null;
  /** The version whose file it last fetched, or confirmed by digest after it came in a message; 0: none. */
  readonly downloadedVersion: number;
  readonly downloadedAt: number | null;
  /** The version it last said it applied; 0: none. Unmodified Link SDKs never say. */
  readonly confirmedVersion: number;
  readonly confirmedAt: number | null;
  /** The last refusal in full; null: none, or confirmed since. */
  readonly lastError: DeviceError | null;
};

export type DeviceError = { version: number; code: number; message: string; at: number };

/** A device with what it should be running, for people. */
export type DeviceDetail = Device & {
  /** The version of its newest delivery that was not cancelled, else what it would get by asking; 0: none. */
  readonly wantedVersion: number;
  readonly latestDelivery: Delivery | null;
};

/** What a device did, to be stored in batches: the facts that move deliveries and the device's own row. */
export type DeviceReport = {
  deviceId: number;
  productId: number;
  /** Wall time at which the server saw it. */
  at: number;
} & (
  | { kind: 'received'; messageId: number }
  | { kind: 'downloaded'; version: number; deliveryId: number }
  /** A `push_reply`; `version` is what the device says it runs, `sha256` what the reply is about. */
  | {
      kind: 'replied';
      messageId: number | null;
      code: number;
      message: string;
      version: number | null;
      sha256?: string;
    }
);

/** A change of a device's connection, stored in batches. */
export type Presence = {
  deviceId: number;
  productId: number;
  deviceName: string;
  isOnline: boolean;
  remoteAddress: string;
  at: number;
};
