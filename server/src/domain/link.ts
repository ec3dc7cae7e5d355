/**
 * A download link: the signed address handed to one device for one version (R17).
 *
 * The token is self-contained, so that handing out and checking cost no store access: 51 bytes,
 * 68 characters. It is bound to device, version, delivery and the product's link epoch, and dies 30
 * minutes after it was handed out, by either clock (`clock.ts`).
 */
import { type Expiry, hasExpired, type Instant } from './clock.ts';

export type LinkClaims = {
  productId: number;
  deviceId: number;
  version: number;
  /** The delivery it was pushed for; 0: the device asked. */
  deliveryId: number;
  linkEpoch: number;
  expiry: Expiry;
};

const FORMAT = 1;
const CLAIM_BYTES = 35;
const MAC_BYTES = 16;
const TOKEN_CHARS = 68;

/** Signs bytes; the key stays with the signer. */
export type LinkSigner = {
  /** At least 16 bytes of MAC over the claims. */
  mac(claims: Uint8Array): Uint8Array;
  isEqual(a: Uint8Array, b: Uint8Array): boolean;
};

/** The token for the claims: base64url, 68 characters. */
export function encodeLink(claims: LinkClaims, signer: LinkSigner): string {
  const bytes = Buffer.allocUnsafe(CLAIM_BYTES + MAC_BYTES);
  bytes.writeUInt8(FORMAT, 0);
  bytes.writeUIntBE(claims.productId, 1, 4);
  bytes.writeUIntBE(claims.deviceId, 5, 6);
  bytes.writeUIntBE(claims.version, 11, 4);
  bytes.writeUIntBE(claims.deliveryId, 15, 6);
  bytes.writeUIntBE(claims.linkEpoch, 21, 4);
  // Seconds are enough and keep the token short; rounded up, so that a link is never short-lived.
  bytes.writeUIntBE(Math.ceil(claims.expiry.wallMs / 1000), 25, 5);
  bytes.writeUIntBE(Math.ceil(claims.expiry.serviceMs / 1000), 30, 5);
  bytes.set(signer.mac(bytes.subarray(0, CLAIM_BYTES)).subarray(0, MAC_BYTES), CLAIM_BYTES);
  return bytes.toString('base64url');
}

/** The claims of a token, or undefined when it is not one of ours (forged, cut, altered). */
export function decodeLink(token: string, signer: LinkSigner): LinkClaims | undefined {
  if (token.length !== TOKEN_CHARS) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // A second spelling of the same bytes is refused: one link, one address.
  if (bytes.length !== CLAIM_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
  const mac = signer.mac(bytes.subarray(0, CLAIM_BYTES)).subarray(0, MAC_BYTES);
  if (!signer.isEqual(mac, bytes.subarray(CLAIM_BYTES)) || bytes.readUInt8(0) !== FORMAT) return undefined;
  return {
    productId: bytes.readUIntBE(1, 4),
    deviceId: bytes.readUIntBE(5, 6),
    version: bytes.readUIntBE(11, 4),
    deliveryId: bytes.readUIntBE(15, 6),
    linkEpoch: bytes.readUIntBE(21, 4),
    expiry: { wallMs: bytes.readUIntBE(25, 5) * 1000, serviceMs: bytes.readUIntBE(30, 5) * 1000 },
  };
}

export type LinkVerdict = 'ok' | 'link-expired' | 'link-revoked';

/** Whether a genuine link still opens. Revoked wins over expired: it says more. */
export function judgeLink(
  claims: LinkClaims,
  product: { isEnabled: boolean; linkEpoch: number } | undefined,
  isDeviceRevoked: boolean,
  now: Instant,
): LinkVerdict {
  if (product === undefined || !product.isEnabled || isDeviceRevoked) return 'link-revoked';
  if (claims.linkEpoch !== product.linkEpoch) return 'link-revoked';
  return hasExpired(claims.expiry, now) ? 'link-expired' : 'ok';
}
