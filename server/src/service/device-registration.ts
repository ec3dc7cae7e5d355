/**
 * Dynamic registration (一型一密, `alink.md` 3.5): a device proves that it knows the product's secret and
 * gets a secret or a token of its own, over MQTT or HTTP, or through its gateway (`alink.md` 3.6).
 *
 * The product must allow it. A device that is not known yet is created only when the product says so;
 * one that has connected before is refused, or its name could be taken over with the product's secret.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type DeviceClaim, registerSignContent, type SignMethod } from '@opencota/contract/alink/credentials';
import { DEVICE_NAME_PATTERN } from '@opencota/contract/alink/topics';
import type { Device } from '../domain/device.ts';
import { DomainError } from '../domain/errors.ts';
import type {
  DeviceName,
  ProxyClaim,
  RegisterResult,
  Registration,
  SignedInDevice,
} from '../domain/gateway-port.ts';
import type { Actor } from '../domain/people.ts';
import type { Product } from '../domain/product.ts';
import type { Tx } from '../domain/store-port.ts';
import { auditEntry } from './audited.ts';
import { isSignedWith } from './device-sign-in.ts';
import { devicePurpose, type Parts, productPurpose } from './parts.ts';
import { createSecret } from './products.ts';
import type { SessionDirectory } from './session-directory.ts';

/** Tokens per device: Alink's own limit (`alink.md` 3.5). */
const TOKENS_PER_DEVICE_MAX = 5;
const TOKEN_BYTES = 24;
const CLIENT_ID_BYTES = 12;

export type RegistrationRequest = DeviceName & {
  random: string;
  signMethod: SignMethod;
  sign: string;
  wants: 'secret' | 'token';
  /** The gateway that sent it for the device. */
  through?: DeviceName;
};
export type RegistrationParts = Parts & {
  /** Who is connected: that is known here before it is stored. */
  sessions: Pick<SessionDirectory, 'find'>;
};
export type DeviceRegistration = ReturnType<typeof createDeviceRegistration>;

export function createDeviceRegistration(parts: RegistrationParts) {
  const { store, clock, sealer, products, events, sessions } = parts;
  const registerWith = async (
    request: RegistrationRequest,
    remoteAddress: string,
  ): Promise<RegisterResult> => {
    const { productKey, deviceName } = request;
    const product = await store.read((tx) => findOpenProduct(tx, request));
    if (product === undefined) {
      events.deviceRefused({ productKey, deviceName, remoteAddress, reason: 'registration refused' });
      return { kind: 'refused' };
    }
    const actor = deviceActor(request.through ?? request, remoteAddress);
    const registered = await store.write((tx) => write(tx, request, actor));
    if (registered === undefined) {
      events.deviceRefused({
        productKey,
        deviceName,
        remoteAddress,
        reason: 'registration of an unknown or already activated device, or just closed',
      });
      return { kind: 'refused' };
    }
    await products.refresh(product.id);
    return { kind: 'ok', ...registered };
  };

  /**
   * The product, if it lets this device register. Asked before, so that a stranger costs no transaction, and again in
   * the transaction: somebody may have closed the door or changed the secret meanwhile.
   */
  const findOpenProduct = async (tx: Tx, request: RegistrationRequest): Promise<Product | undefined> => {
    const product = await tx.products.find(request.productKey);
    const isProven = await isProvenBy(tx, product, request);
    const isOpen =
      product?.isRegistrationAllowed &&
      (!product.isStrongSignRequired || request.signMethod === 'hmacsha256') &&
      DEVICE_NAME_PATTERN.test(request.deviceName);
    return isProven && isOpen ? product : undefined;
  };

  const isProvenBy = async (
    tx: Tx,
    product: Product | undefined,
    request: RegistrationRequest,
  ): Promise<boolean> => {
    const content = registerSignContent(request.deviceName, request.productKey, request.random);
    const sealed = product && (await tx.products.findSecret(product.id));
    const secret = sealed ? sealer.open(productPurpose(request.productKey), sealed) : createSecret();
    return isSignedWith(secret, content, request.signMethod, request.sign) && sealed !== undefined;
  };

  const write = async (
    tx: Tx,
    request: RegistrationRequest,
    actor: Actor,
  ): Promise<{ deviceId: number; registration: Registration } | undefined> => {
    const { productKey, deviceName, wants } = request;
    const now = clock.now();
    const product = await findOpenProduct(tx, request);
    if (product === undefined) return undefined;
    const known = await tx.devices.find(product.id, deviceName);
    if (known === undefined && !product.isUnknownDeviceAllowed) return undefined;
    const hasConnected = known !== undefined && hasBeenHere(known, sessions);
    if (known !== undefined && !(await mayRegisterAgain(tx, known, hasConnected, wants))) return undefined;
    const deviceSecret = createSecret();
    const secretSealed = sealer.seal(devicePurpose(productKey, deviceName), deviceSecret);
    const device: Device =
      known ?? (await tx.devices.create(product.id, { deviceName, secretSealed, tags: [] }, now.wallMs));
    await tx.audit.append(
      auditEntry(actor, { action: 'device.register', productKey, target: deviceName }, now.wallMs, { wants }),
    );
    if (wants === 'secret') {
      if (known !== undefined) await tx.devices.setSecret(device.id, secretSealed, null);
      return { deviceId: device.id, registration: { kind: 'secret', productKey, deviceName, deviceSecret } };
    }
    const deviceToken = randomBytes(TOKEN_BYTES).toString('hex');
    const clientId = randomBytes(CLIENT_ID_BYTES).toString('hex');
    const tokenSha256 = createHash('sha256').update(deviceToken).digest('hex');
    await tx.devices.addToken(device.id, { clientId, tokenSha256 }, TOKENS_PER_DEVICE_MAX, now.wallMs);
    return {
      deviceId: device.id,
      registration: { kind: 'token', productKey, deviceName, clientId, deviceToken },
    };
  };

  const guarded = async (request: RegistrationRequest, remoteAddress: string): Promise<RegisterResult> => {
    try {
      return await registerWith(request, remoteAddress);
    } catch (error) {
      if (!(error instanceof DomainError)) events.loopFailed({ loop: 'device-registration', error });
      return { kind: 'unavailable' };
    }
  };

  return {
    registerWith: guarded,
    registerByProxy(
      { productKey, deviceName }: SignedInDevice,
      claim: ProxyClaim,
      remoteAddress: string,
    ): Promise<RegisterResult> {
      return guarded({ ...claim, wants: 'secret', through: { productKey, deviceName } }, remoteAddress);
    },
    register(claim: DeviceClaim, remoteAddress: string): Promise<RegisterResult> {
      const { productKey, deviceName, signMethod, password } = claim;
      const wants = claim.authType === 'regnwl' ? 'token' : 'secret';
      return guarded(
        {
          productKey,
          deviceName,
          random: claim.parameters.get('random') ?? '',
          signMethod,
          sign: password,
          wants,
        },
        remoteAddress,
      );
    },
  };
}

/** A connection that was opened a moment ago counts before it is stored. */
export function hasBeenHere(
  { id, lastSeenAt }: Pick<Device, 'id' | 'lastSeenAt'>,
  sessions: RegistrationParts['sessions'],
): boolean {
  return lastSeenAt !== null || sessions.find(id) !== undefined;
}

export function deviceActor({ productKey, deviceName }: DeviceName, remoteAddress: string): Actor {
  return {
    kind: 'system',
    name: `device:${productKey}/${deviceName}`,
    userId: null,
    permissions: new Set(),
    isUnattended: false,
    sessionId: null,
    remoteAddress,
  };
}

/**
 * A device that has connected with its secret keeps it: whoever knows the product's secret must not take its
 * name over. One that lives on tokens may get further ones, up to the limit; none is dropped for another.
 */
async function mayRegisterAgain(
  tx: Tx,
  known: Device,
  hasConnected: boolean,
  wants: RegistrationRequest['wants'],
): Promise<boolean> {
  if (!known.isEnabled) return false;
  if (!hasConnected && wants === 'secret') return true;
  const tokens = await tx.devices.findTokens(known.id);
  if (tokens.length >= TOKENS_PER_DEVICE_MAX) return false;
  return wants === 'token' && (!hasConnected || tokens.length > 0);
}
