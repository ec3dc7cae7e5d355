/**
 * Gateways and their sub-devices (`alink.md` 3.6). A sub-device proves itself through its gateway with its
 * own secret, and its configuration travels over the gateway's connection.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import { connectSignContent } from '@opencota/contract/alink/credentials';
import { DomainError } from '../domain/errors.ts';
import type {
  DeviceName,
  SignedInDevice,
  SubDeviceClaim,
  SubDeviceSignInResult,
  TopoAddResult,
  TopologyChange,
  TopoResult,
} from '../domain/gateway-port.ts';
import type { Tx } from '../domain/store-port.ts';
import type { DeviceSignIn, SignedText } from './device-sign-in.ts';
import type { Parts } from './parts.ts';

/** Sub-devices of one gateway; Alink's own limit is 2,000 online. */
const SUB_DEVICES_MAX = 2_000;

type Refused = Exclude<TopoResult, { kind: 'ok' }>;

export function createTopology({ store, clock, events }: Parts, { checkSigned }: DeviceSignIn) {
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result | Refused> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError)) events.loopFailed({ loop: 'topology', error });
      return {
        kind: 'refused',
        code: ALINK_CODE.serverError,
        message: 'The server cannot do this at the moment.',
      };
    }
  };
  return {
    async signInSubDevice(gateway: SignedInDevice, claim: SubDeviceClaim): Promise<SubDeviceSignInResult> {
      try {
        const device = await checkSigned(signedText(claim));
        const holder = device && (await store.read((tx) => tx.devices.findGateway(device.id)));
        if (device === undefined) return { kind: 'refused' };
        if (holder !== gateway.id) return { kind: 'outside-topology' };
        return { kind: 'ok', device };
      } catch (error) {
        if (!(error instanceof DomainError)) events.loopFailed({ loop: 'sub-device-sign-in', error });
        return { kind: 'unavailable' };
      }
    },

    add(gateway: SignedInDevice, claims: readonly SubDeviceClaim[]): Promise<TopoAddResult> {
      return guarded(async (): Promise<TopoAddResult> => {
        const devices: SignedInDevice[] = [];
        for (const claim of claims) {
          const device = await checkSigned(signedText(claim));
          if (device?.id === gateway.id)
            return {
              kind: 'refused',
              code: ALINK_CODE.topologyRefused,
              message: 'A gateway is not its own sub-device.',
            };
          if (device === undefined) {
            return {
              kind: 'refused',
              code: ALINK_CODE.authError,
              message: `The signature of ${claim.deviceName} is wrong, or there is no such device.`,
            };
          }
          devices.push(device);
        }
        return store.write(async (tx): Promise<TopoAddResult> => {
          const known = await tx.devices.listTopology(gateway.id, SUB_DEVICES_MAX + 1);
          const added = devices.filter(({ id }) => !known.some(({ deviceId }) => deviceId === id));
          if (known.length + added.length > SUB_DEVICES_MAX) {
            return {
              kind: 'refused',
              code: ALINK_CODE.topologyRefused,
              message: `A gateway may have ${SUB_DEVICES_MAX} sub-devices.`,
            };
          }
          const moved = await findMoved(tx, added);
          for (const { id } of devices) await tx.devices.setGateway(id, gateway.id, clock.now().wallMs);
          return { kind: 'ok', moved };
        });
      });
    },

    remove(gateway: SignedInDevice, devices: readonly DeviceName[]): Promise<TopoResult> {
      return guarded(() =>
        store.write(async (tx): Promise<TopoResult> => {
          const known = await tx.devices.listTopology(gateway.id, SUB_DEVICES_MAX);
          for (const { productKey, deviceName } of devices) {
            const found = known.find(
              (each) => each.productKey === productKey && each.deviceName === deviceName,
            );
            if (found !== undefined) await tx.devices.removeFromGateway(found.deviceId, gateway.id);
          }
          return { kind: 'ok' };
        }),
      );
    },

    async list(gateway: SignedInDevice): Promise<DeviceName[]> {
      const known = await store.read((tx) => tx.devices.listTopology(gateway.id, SUB_DEVICES_MAX));
      return known.map(({ productKey, deviceName }) => ({ productKey, deviceName }));
    },
  };
}

/** Which of them other gateways have. */
async function findMoved(tx: Tx, devices: readonly SignedInDevice[]): Promise<TopologyChange[]> {
  const lost = new Map<number, DeviceName[]>();
  for (const { id, productKey, deviceName } of devices) {
    const holder = await tx.devices.findGateway(id);
    if (holder !== undefined) lost.set(holder, [...(lost.get(holder) ?? []), { productKey, deviceName }]);
  }
  return [...lost].map(([gatewayId, names]) => ({ gatewayId, status: 'removed', devices: names }));
}

function signedText(claim: SubDeviceClaim): SignedText {
  const { productKey, deviceName, clientId, timestamp, signMethod, sign } = claim;
  // A sub-device that sends no timestamp signs none.
  const content = connectSignContent({
    clientId,
    deviceName,
    productKey,
    timestamp: timestamp === '' ? undefined : timestamp,
  });
  return { productKey, deviceName, content, method: signMethod, sign };
}
