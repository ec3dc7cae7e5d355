/**
 * Checking that a device is who it says (`alink.md` 3.1): an HMAC with its secret, or a device token.
 *
 * An unknown device costs the same work and gets the same answer as a wrong signature.
 */
import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { connectSignContent, type DeviceClaim, type SignMethod } from '@opencota/contract/alink/credentials';
import { EXTENSION_PARAMETER, INLINE_PARAMETER } from '@opencota/contract/alink/messages';
import { DomainError } from '../domain/errors.ts';
import type { DeviceName, SignedInDevice, SignInResult } from '../domain/gateway-port.ts';
import type { DeviceCredentials } from '../domain/store-port.ts';
import { type HmacAlgorithm, hmac } from './hmac.ts';
import { devicePurpose, type Parts } from './parts.ts';

const ALGORITHMS: Readonly<Record<SignMethod, HmacAlgorithm>> = {
  hmacmd5: 'md5',
  hmacsha1: 'sha1',
  hmacsha256: 'sha256',
};

/** What a device speaks that announces nothing of ours, as no sub-device can. */
const PLAIN = { hasExtension: false, takesInline: false };

function announced({ parameters }: DeviceClaim): Pick<SignedInDevice, 'hasExtension' | 'takesInline'> {
  const hasExtension = parameters.get(EXTENSION_PARAMETER) === '1';
  return { hasExtension, takesInline: hasExtension && parameters.get(INLINE_PARAMETER) === '1' };
}

/** Compares two texts in a time that says nothing about them; lengths may differ. */
export function isEqualText(left: string, right: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(left), digest(right));
}

/** Checks a hex HMAC in either case (`alink.md` 3.1). */
export function isSignedWith(secret: string, content: string, method: SignMethod, sign: string): boolean {
  const expected = Buffer.from(hmac(ALGORITHMS[method], secret, content)).toString('hex');
  return isEqualText(expected, sign.toLowerCase());
}

export type SignedText = DeviceName & { content: string; method: SignMethod; sign: string };
export type DeviceSignIn = ReturnType<typeof createDeviceSignIn>;

export function createDeviceSignIn({ store, clock, sealer, products, events }: Parts) {
  // What an unknown device is checked against.
  const nobody = sealer.seal('nobody', randomBytes(16).toString('hex'));

  const secretsOf = (name: DeviceName, found: DeviceCredentials | undefined): string[] => {
    if (found === undefined) return [sealer.open('nobody', nobody)];
    const purpose = devicePurpose(name.productKey, name.deviceName);
    const secrets = [sealer.open(purpose, found.secretSealed)];
    const hasPrevious =
      found.previousSecretSealed !== null && (found.previousUntil ?? 0) > clock.now().wallMs;
    if (hasPrevious) secrets.push(sealer.open(purpose, found.previousSecretSealed!));
    return secrets;
  };

  /** The device when its signature is right and it may connect; undefined otherwise, for whatever reason. */
  const checkSigned = async (signed: SignedText): Promise<SignedInDevice | undefined> => {
    const found = await store.read((tx) => tx.devices.findCredentials(signed.productKey, signed.deviceName));
    const isSigned = secretsOf(signed, found).some((secret) =>
      isSignedWith(secret, signed.content, signed.method, signed.sign),
    );
    if (found === undefined || !isSigned || !found.isEnabled) return undefined;
    // Loaded here, so that the device's first request finds it in memory.
    const cached = await products.get(found.productId);
    if (cached === undefined || (cached.product.isStrongSignRequired && signed.method !== 'hmacsha256'))
      return undefined;
    const { productKey, deviceName } = signed;
    return { id: found.deviceId, productId: found.productId, productKey, deviceName, ...PLAIN };
  };

  const checkToken = async (claim: DeviceClaim): Promise<SignedInDevice | undefined> => {
    const found = await store.read((tx) => tx.devices.findCredentials(claim.productKey, claim.deviceName));
    // No device has the id 0: the same work for an unknown one.
    const tokens = await store.read((tx) => tx.devices.findTokens(found?.deviceId ?? 0));
    const sha256 = createHash('sha256').update(claim.password).digest('hex');
    const isKnown = tokens.some(
      (token) => isEqualText(token.tokenSha256, sha256) && token.clientId === claim.clientId,
    );
    if (found === undefined || !isKnown || !found.isEnabled) return undefined;
    const cached = await products.get(found.productId);
    if (cached === undefined) return undefined;
    const { productKey, deviceName } = claim;
    return { id: found.deviceId, productId: found.productId, productKey, deviceName, ...PLAIN };
  };

  return {
    checkSigned,
    async signIn(claim: DeviceClaim, remoteAddress: string): Promise<SignInResult> {
      const { productKey, deviceName } = claim;
      try {
        const device =
          claim.authType === 'connwl' ? await checkToken(claim) : await checkSigned(signedConnect(claim));
        if (device === undefined) {
          events.deviceRefused({
            productKey,
            deviceName,
            remoteAddress,
            reason: 'unknown device or wrong signature',
          });
          return { kind: 'refused' };
        }
        events.deviceSignedIn();
        return {
          kind: 'ok',
          device: { ...device, ...announced(claim) },
        };
      } catch (error) {
        if (!(error instanceof DomainError)) events.loopFailed({ loop: 'device-sign-in', error });
        return { kind: 'unavailable' };
      }
    },
  };
}

function signedConnect(claim: DeviceClaim): SignedText {
  const { productKey, deviceName, clientId, signMethod, password } = claim;
  const content = connectSignContent({
    clientId,
    deviceName,
    productKey,
    timestamp: claim.parameters.get('timestamp'),
  });
  return { productKey, deviceName, content, method: signMethod, sign: password };
}
