/**
 * The devices of the demo. A small fleet runs the real device SDK, each device with its own directory; a
 * large one runs the simulator. The old Link SDK is simulated in both.
 */
import { join } from 'node:path';
import { createDevice, type Device } from '@opencota/device';
import type { Behaviour } from '../behaviour.ts';
import type { SimDeviceSpec } from '../device.ts';
import { createRandom, type Random } from '../random.ts';
import { createFleet, type Fleet } from '../simulate.ts';
import type { CastMember, Role } from './scenario.ts';

/** Up to here each device is an instance of `@opencota/device`. */
export const SDK_DEVICES_MAX = 50;
/** What the refusing device's boiler bears; the example configuration allows more. */
const BOILER_FLOW_CELSIUS_MAX = 60;
/** Applying takes a real thermostat a moment, each a different one. */
const APPLY_MS = { min: 200, max: 1_500 };
const DOWNLOAD_DELAY_MS_MAX = 500;
const CONNECT_MS_MAX = 60_000;
const SEED = 20;

export type DemoDevices = AsyncDisposable & {
  /** Resolves when everyone who should be is online and has been told that there is nothing yet. */
  online(): Promise<void>;
  switchOnLate(): void;
};

export type DevicesOptions = {
  members: readonly CastMember[];
  productKey: string;
  secrets: ReadonlyMap<string, string>;
  mqttPort: number;
  dir: string;
};

export function startDevices(options: DevicesOptions): DemoDevices {
  const isSdk = options.members.length <= SDK_DEVICES_MAX;
  const random = createRandom(SEED);
  const of = (...roles: Role[]) => options.members.filter(({ role }) => roles.includes(role));
  const simulated = simulate(options, isSdk ? of('linkSdk') : of('online', 'refusing', 'linkSdk'), random);
  const sdk = isSdk ? of('online', 'refusing').map((member) => startSdkDevice(options, member, random)) : [];
  const late: AsyncDisposable[] = [];
  simulated.start();
  return {
    async online() {
      const { punctualCount } = simulated;
      const isTold = simulated.until(
        'the simulated devices are online',
        ({ events }) => events.refused >= punctualCount,
        CONNECT_MS_MAX,
      );
      await Promise.all([isTold, ...sdk.map(({ asked }) => asked)]);
    },
    switchOnLate() {
      if (isSdk) {
        late.push(...of('late').map((member) => startSdkDevice(options, member, random).device));
        return;
      }
      const fleet = simulate(options, of('late'), random);
      fleet.start();
      late.push(fleet);
    },
    async [Symbol.asyncDispose]() {
      const all = [simulated, ...sdk.map(({ device }) => device), ...late];
      await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

function simulate(options: DevicesOptions, members: readonly CastMember[], random: Random): Fleet {
  const { productKey, secrets, mqttPort } = options;
  const devices = members.map(({ deviceName, role }): SimDeviceSpec => {
    return {
      productKey,
      deviceName,
      deviceSecret: secretOf(secrets, deviceName),
      behaviour: behaviourOf(role, random),
    };
  });
  return createFleet({ mqttUrl: `mqtt://127.0.0.1:${mqttPort}`, devices, seed: SEED, requestJitterMs: 0 });
}

function behaviourOf(role: Role, random: Random): Behaviour {
  switch (role) {
    case 'online':
    case 'late': {
      const downloadDelayMs = random.between(0, DOWNLOAD_DELAY_MS_MAX);
      return { kind: 'slow', downloadDelayMs, applyDelayMs: random.between(APPLY_MS.min, APPLY_MS.max) };
    }
    case 'refusing':
      return { kind: 'failing', message: `${boilerRefusal('more')} (no earlier configuration)` };
    case 'linkSdk':
      return { kind: 'linkSdk', requestId: '123' };
    default:
      return role satisfies never;
  }
}

function startSdkDevice(
  { productKey, secrets, mqttPort, dir }: DevicesOptions,
  { deviceName, role }: CastMember,
  random: Random,
): { device: Device; asked: Promise<void> } {
  const asked = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    asked.reject(new Error(`${deviceName} did not come online within ${CONNECT_MS_MAX / 1000} s`));
  }, CONNECT_MS_MAX).unref();
  // Whoever waits for it hears of it; the late ones nobody waits for.
  asked.promise.catch(() => {});
  const applyMs = random.between(APPLY_MS.min, APPLY_MS.max);
  const device = createDevice({
    host: `127.0.0.1:${mqttPort}`,
    productKey,
    deviceName,
    deviceSecret: secretOf(secrets, deviceName),
    dir: join(dir, deviceName),
    // The refusal is part of the play, and the server shows it.
    onError: () => {},
    onEvent: ({ type }) => {
      if (type !== 'refused' && type !== 'offered') return;
      clearTimeout(timer);
      asked.resolve();
    },
  }).onConfig(async (config) => {
    const flow = flowCelsiusOf(config.json);
    if (role === 'refusing' && flow > BOILER_FLOW_CELSIUS_MAX) throw new Error(boilerRefusal(`${flow} °C`));
    await new Promise((resolve) => setTimeout(resolve, applyMs));
  });
  return { device, asked: asked.promise };
}

function boilerRefusal(asked: string): string {
  return `this boiler's flow temperature must not exceed ${BOILER_FLOW_CELSIUS_MAX} °C; the configuration allows ${asked}`;
}

function flowCelsiusOf(json: unknown): number {
  // The members are checked before they are used.
  const heating = (json as { heating?: { maxFlowCelsius?: unknown } } | null)?.heating;
  if (typeof heating?.maxFlowCelsius !== 'number') throw new Error('heating.maxFlowCelsius is missing');
  return heating.maxFlowCelsius;
}

function secretOf(secrets: ReadonlyMap<string, string>, deviceName: string): string {
  const secret = secrets.get(deviceName);
  if (secret === undefined) throw new Error(`${deviceName} was not registered`);
  return secret;
}
