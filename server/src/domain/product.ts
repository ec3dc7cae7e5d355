/**
 * A product: a kind of device, with one configuration for all of them (R1, R2).
 */
import type { DoneWhen } from './delivery.ts';
import type { Rollout, RolloutOutcome } from './rollout.ts';

/** Which version a requesting device gets: the latest saved, or the latest that was rolled out (R5). */
export type RequestPolicy = 'saved' | 'rolledOut';

export type ProductSettings = {
  readonly name: string;
  /** The switch: remote configuration on or off. Starts off. */
  readonly isEnabled: boolean;
  readonly coolDownSeconds: number;
  readonly doneWhen: DoneWhen;
  readonly requestPolicy: RequestPolicy;
  readonly configBytesMax: number;
  readonly attemptTimeoutSeconds: number;
  readonly deadlineSeconds: number;
  /** Devices may register themselves with the product secret (`alink.md` 3.5). */
  readonly isRegistrationAllowed: boolean;
  /** … also devices that nobody created before (regnwl and register of unknown names). */
  readonly isUnknownDeviceAllowed: boolean;
  /** Refuse HMAC-MD5 and HMAC-SHA1, which Link SDKs still use. */
  readonly isStrongSignRequired: boolean;
  /** How many versions to keep; null: all. Never under 5 (R6). */
  readonly retentionVersions: number | null;
};

export type Product = ProductSettings & {
  readonly id: number;
  readonly productKey: string;
  /** ETag; rises with every change of the settings. */
  readonly revision: number;
  readonly deviceCount: number;
  readonly onlineCount: number;
  /** The latest saved version; 0: none. */
  readonly latestVersion: number;
  /** Versions that devices were seen to run are never numbered again; above `latestVersion` only after an older backup was restored. */
  readonly versionFloor: number;
  /** The highest version that was pushed, but for pushes cancelled before they reached a device; 0: none. */
  readonly rolledOutVersion: number;
  /** Raised whenever the switch goes off: links made before it are dead for good. */
  readonly linkEpoch: number;
  readonly createdAt: number;
};

/** How far the rollouts of a product are, as its page and the list of products show it. */
export type ProductStanding = {
  /** Devices that last downloaded the version that was rolled out. */
  readonly onRolledOutVersion: number;
  /** The newest; null: none yet. */
  readonly latestRollout: LatestRollout | null;
};

export type LatestRollout = Pick<
  Rollout,
  'id' | 'version' | 'state' | 'pauseReason' | 'deviceTotal' | 'createdAt' | 'endedAt'
> & {
  readonly outcome: RolloutOutcome;
  readonly openCount: number;
  /** Deliveries that failed, were reverted, timed out or were not reached. */
  readonly failedCount: number;
};

/** The version a requesting device gets; 0: none. */
export function requestableVersion(product: Product): number {
  return product.requestPolicy === 'saved' ? product.latestVersion : product.rolledOutVersion;
}
