/** A device with our own SDK, in a directory of its own, with a record of what it was handed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigHandler, createDevice, type DeviceEvent, type DeviceOptions } from '@opencota/device';
import type { DeviceIdentity } from './test-product.ts';

export type SdkDevice = AsyncDisposable & {
  /** What the handler took, in order. */
  readonly applied: { text: string; version: number | undefined; reason: string }[];
  readonly events: DeviceEvent[];
};

/** Quick to come back and to ask, so that a test need not wait. */
const QUICK = {
  reconnect: { minMs: 0, maxMs: 20 },
  retry: { minMs: 0, maxMs: 20 },
  requestJitterMs: 0,
};

export async function startSdkDevice(
  mqttPort: number,
  identity: DeviceIdentity,
  handler: ConfigHandler = () => {},
  options: Pick<DeviceOptions, 'keepAliveSeconds'> = {},
): Promise<SdkDevice> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-device-'));
  const applied: SdkDevice['applied'] = [];
  const events: DeviceEvent[] = [];
  const device = createDevice({
    host: `127.0.0.1:${mqttPort}`,
    ...identity,
    ...QUICK,
    ...options,
    dir,
    onError: () => {},
    onEvent: (event) => events.push(event),
  });
  device.onConfig(async (config, context) => {
    await handler(config, context);
    applied.push({ text: config.text, version: config.version, reason: context.reason });
  });
  return {
    applied,
    events,
    async [Symbol.asyncDispose]() {
      await device.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
