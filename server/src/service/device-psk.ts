/**
 * The keys of TLS handshakes with a pre-shared key (`alink.md` 3.3, docs/decisions/0009).
 *
 * The handshake only makes the connection private: who the device is, its CONNECT proves as on any other. An
 * unknown or disabled device gets a key that nobody knows, at the cost of a known one, and fails as a wrong key does.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { parsePskIdentity, pskSignContent } from '@opencota/contract/alink/tls-psk';
import type { TlsKeyOf } from '../domain/gateway-port.ts';
import type { CredentialLookup, DeviceCredentials } from '../domain/store-port.ts';
import { devicePurpose, type Parts } from './parts.ts';

/** Devices between two secrets of which the next try gets the old one. */
export const OLD_SECRET_TURNS_MAX = 10_000;

export function createTlsKeys(
  { clock, sealer, events }: Pick<Parts, 'clock' | 'sealer' | 'events'>,
  lookup: Pick<CredentialLookup, 'findCredentials'>,
): TlsKeyOf {
  const nobody = sealer.seal('nobody', randomBytes(16).toString('hex'));
  const oldSecretTurns = new Set<number>();

  /** Only one key can be tried in a handshake: while two secrets are good, they take turns, and devices try again. */
  const secretSealedOf = (found: DeviceCredentials): Uint8Array => {
    const { deviceId, secretSealed, previousSecretSealed } = found;
    if (previousSecretSealed === null || (found.previousUntil ?? 0) <= clock.now().wallMs)
      return secretSealed;
    if (oldSecretTurns.delete(deviceId)) return previousSecretSealed;
    if (oldSecretTurns.size >= OLD_SECRET_TURNS_MAX) oldSecretTurns.clear();
    oldSecretTurns.add(deviceId);
    return secretSealed;
  };

  return (text, remoteAddress) => {
    const identity = parsePskIdentity(text);
    if (identity === undefined) return undefined;
    const { productKey, deviceName } = identity;
    const unknown = randomBytes(32);
    try {
      const found = lookup.findCredentials(productKey, deviceName);
      const isWelcome = found?.isEnabled === true;
      const secret = isWelcome
        ? sealer.open(devicePurpose(productKey, deviceName), secretSealedOf(found))
        : sealer.open('nobody', nobody);
      const key = createHmac('sha256', secret).update(pskSignContent(identity)).digest('hex').toUpperCase();
      if (isWelcome) return Buffer.from(key);
      events.deviceRefused({ productKey, deviceName, remoteAddress, reason: 'TLS key of an unknown device' });
    } catch (error) {
      events.loopFailed({ loop: 'device-tls-key', error });
    }
    return unknown;
  };
}
