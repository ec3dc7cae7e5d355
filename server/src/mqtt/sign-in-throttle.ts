/**
 * Slows down guessing without helping anyone to lock a device out.
 *
 * Refusals are counted per address, and per device *from* an address. A stranger elsewhere who
 * fails in a device's name therefore never stops the device itself.
 */
import type { MqttLimits } from './limits.ts';
import { MinuteCounter } from './throttle.ts';

type SignInLimits = Pick<
  MqttLimits,
  'failedSignInsPerAddressPerMinute' | 'failedSignInsPerDevicePerMinute' | 'throttleEntriesMax'
>;

export class SignInThrottle {
  readonly #limits: SignInLimits;
  readonly #byAddress: MinuteCounter<string>;
  readonly #byDevice: MinuteCounter<string>;

  constructor(limits: SignInLimits) {
    this.#limits = limits;
    this.#byAddress = new MinuteCounter(limits.throttleEntriesMax);
    this.#byDevice = new MinuteCounter(limits.throttleEntriesMax);
  }

  /** @returns the limit in the way of one more attempt, if any. */
  findLimit(remoteAddress: string, userName: string, nowMs: number): keyof SignInLimits | undefined {
    const { failedSignInsPerAddressPerMinute, failedSignInsPerDevicePerMinute } = this.#limits;
    if (this.#byAddress.count(remoteAddress, nowMs) >= failedSignInsPerAddressPerMinute) {
      return 'failedSignInsPerAddressPerMinute';
    }
    if (this.#byDevice.count(`${remoteAddress} ${userName}`, nowMs) >= failedSignInsPerDevicePerMinute) {
      return 'failedSignInsPerDevicePerMinute';
    }
    return undefined;
  }

  failed(remoteAddress: string, userName: string, nowMs: number): void {
    this.#byAddress.add(remoteAddress, nowMs);
    this.#byDevice.add(`${remoteAddress} ${userName}`, nowMs);
  }
}
