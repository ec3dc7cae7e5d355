/** The vendor's own npm SDK (CommonJS, without types), as far as the journeys use it (`alink.md` 1.3). */
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Offer } from './alink-device.ts';
import type { DeviceIdentity } from './test-product.ts';

export type VendorReply = { id: string; code: number; message?: string; data: Partial<Offer> };
export type VendorPush = { id: string; params: Partial<Offer>; method: string };

export type VendorThing = EventEmitter & {
  getConfig(answered: (reply: VendorReply) => void): void;
  onConfig(pushed: (push: VendorPush) => void): void;
};
export type VendorDevice = VendorThing & { end(force?: boolean): void };
export type VendorGateway = VendorDevice & {
  addTopo(devices: DeviceIdentity[], answered: (reply: VendorReply) => void): void;
  getTopo(answered: (reply: VendorReply) => void): void;
  login(device: DeviceIdentity, answered: (reply: VendorReply) => void): VendorThing;
  logout(device: Partial<DeviceIdentity>, answered: (reply: VendorReply) => void): void;
};

type Connection = DeviceIdentity & { brokerUrl: string };

export type VendorSdk = {
  device(config: Connection): VendorDevice;
  gateway(config: Connection): VendorGateway;
  register(
    product: { productKey: string; productSecret: string; deviceName: string; registerURL: string },
    answered: (reply: { code: number; data: DeviceIdentity }) => void,
  ): void;
};

// The package has no types; these are the members of its documentation.
export const vendorSdk = createRequire(import.meta.url)('alibabacloud-iot-device-sdk') as VendorSdk;

/** What a callback of the SDK is called with. */
export function answerOf<Reply>(call: (answered: (reply: Reply) => void) => void): Promise<Reply> {
  return new Promise((resolve) => call(resolve));
}
