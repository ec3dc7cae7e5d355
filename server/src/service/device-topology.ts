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
  SignInResult,
  SubDeviceClaim,
  TopoResult,
} from '../domain/gateway-port.ts';
import type { DeviceSignIn, SignedText } from './device-sign-in.ts';
import type { Parts } from './parts.ts';

/** Sub-devices of one gateway; Alink's own limit is 2,000 online. */
const SUB_DEVICES_MAX = 2_000;

export function createTopology({ store, clock, events }: Parts, { checkSigned }: DeviceSignIn) {
  const guarded = async (work: () => Promise<TopoResult>): Promise<TopoResult> => {
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
    async signInSubDevice(gateway: SignedInDevice, claim: SubDeviceClaim): Promise<SignInResult> {
      try {
        const device = await checkSigned(signedText(claim));
        const holder = device && (await store.read((tx) => tx.devices.findGateway(device.id)));
        if (device === undefined || holder !== gateway.id) return { kind: 'refused' };
        return { kind: 'ok', device };
      } catch (error) {
        if (!(error instanceof DomainError)) events.loopFailed({ loop: 'sub-device-sign-in', error });
        return { kind: 'unavailable' };
      }
    },

    add(gateway: SignedInDevice, claims: readonly SubDeviceClaim[]): Promise<TopoResult> {
      return guarded(async () => {
        const ids: number[] = [];
        for (const claim of claims) {
          const device = await checkSigned(signedText(claim));
          if (device === undefined || device.id === gateway.id) {
            return {
              kind: 'refused',
              code: ALINK_CODE.invalidSign,
              message: `The signature of ${claim.deviceName} is wrong, or there is no such device.`,
            };
          }
          ids.push(device.id);
        }
        return store.write(async (tx): Promise<TopoResult> => {
          const known = await tx.devices.listTopology(gateway.id, SUB_DEVICES_MAX + 1);
          const added = ids.filter((id) => !known.some(({ deviceId }) => deviceId === id));
          if (known.length + added.length > SUB_DEVICES_MAX) {
            return {
              kind: 'refused',
              code: ALINK_CODE.subDeviceLimit,
              message: `A gateway may have ${SUB_DEVICES_MAX} sub-devices.`,
            };
          }
          for (const id of ids) await tx.devices.setGateway(id, gateway.id, clock.now().wallMs);
          return { kind: 'ok' };
        });
      });
    },

    remove(gateway: SignedInDevice, devices: readonly DeviceName[]): Promise<TopoResult> {
      return guarded(async () =>
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

function signedText(claim: SubDeviceClaim): SignedText {
  const { productKey, deviceName, clientId, timestamp, signMethod, sign } = claim;
  // A sub-device without a timestamp member sends the empty text.
  const content = connectSignContent({
    clientId,
    deviceName,
    productKey,
    timestamp: timestamp === '' ? undefined : timestamp,
  });
  return { productKey, deviceName, content, method: signMethod, sign };
}
