/**
 * `thing/sub/register`: a gateway asks for the secrets of its sub-devices (`alink.md` 3.6).
 *
 * The gateway has proved itself, the sub-devices have not: each product must allow registration, and a
 * device that has connected before, by whatever gateway, keeps the secret it has. All of them or none.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import type { Device } from '../domain/device.ts';
import { DomainError } from '../domain/errors.ts';
import type {
  DeviceName,
  SignedInDevice,
  SubDeviceSecret,
  SubRegisterResult,
} from '../domain/gateway-port.ts';
import type { Product } from '../domain/product.ts';
import type { Tx } from '../domain/store-port.ts';
import { auditEntry } from './audited.ts';
import { deviceActor, hasBeenHere, type RegistrationParts } from './device-registration.ts';
import { devicePurpose } from './parts.ts';
import { createSecret } from './products.ts';

/** Not a refusal of the API: it takes back the whole transaction and is answered on the wire. */
class NotRegistrable extends Error {}

export function createSubDeviceRegistration({ store, clock, sealer, events, sessions }: RegistrationParts) {
  const registerOne = async (tx: Tx, gateway: SignedInDevice, name: DeviceName): Promise<SubDeviceSecret> => {
    const { productKey, deviceName } = name;
    const product = await tx.products.find(productKey);
    const known = product && (await tx.devices.find(product.id, deviceName));
    if (!mayRegister(product, known, sessions)) throw new NotRegistrable(deviceName);
    const deviceSecret = createSecret();
    const secretSealed = sealer.seal(devicePurpose(productKey, deviceName), deviceSecret);
    const { wallMs } = clock.now();
    const device =
      known ?? (await tx.devices.create(product.id, { deviceName, secretSealed, tags: [] }, wallMs));
    if (known !== undefined) await tx.devices.setSecret(known.id, secretSealed, null);
    const deed = { action: 'device.register', productKey, target: deviceName };
    await tx.audit.append(auditEntry(deviceActor(gateway, ''), deed, wallMs, { wants: 'secret' }));
    return { id: device.id, productKey, deviceName, deviceSecret };
  };
  return async (gateway: SignedInDevice, names: readonly DeviceName[]): Promise<SubRegisterResult> => {
    try {
      const devices = await store.write(async (tx) => {
        const registered: SubDeviceSecret[] = [];
        for (const name of names) registered.push(await registerOne(tx, gateway, name));
        return registered;
      });
      return { kind: 'ok', devices };
    } catch (error) {
      if (error instanceof NotRegistrable) {
        return {
          kind: 'refused',
          code: ALINK_CODE.deviceNotFound,
          message: `${error.message} cannot be registered.`,
        };
      }
      if (!(error instanceof DomainError)) events.loopFailed({ loop: 'sub-device-registration', error });
      return {
        kind: 'refused',
        code: ALINK_CODE.serverError,
        message: 'The server cannot do this at the moment.',
      };
    }
  };
}

function mayRegister(
  product: Product | undefined,
  known: Device | undefined,
  sessions: RegistrationParts['sessions'],
): product is Product {
  if (product === undefined || !product.isRegistrationAllowed) return false;
  return known === undefined
    ? product.isUnknownDeviceAllowed
    : known.isEnabled && !hasBeenHere(known, sessions);
}
