/**
 * How a Link SDK names itself in a TLS handshake with a pre-shared key (`alink.md` 3.3).
 *
 * The identity is `devicename|hmacsha256|{productKey}&{deviceName}|{timestamp}`, and the key is the upper-case
 * hex text, not the bytes, of an HMAC-SHA256 with the device's secret over `pskSignContent`. The C SDK 4.x offers
 * one suite, TLS_PSK_WITH_AES_128_CBC_SHA, and signs its CONNECT as over any other connection.
 */
import { DEVICE_NAME_PATTERN, PRODUCT_KEY_PATTERN } from './topics.ts';

export type PskIdentity = { productKey: string; deviceName: string; timestamp: string };

const IDENTITY_PATTERN = /^devicename\|hmacsha256\|([^&|]{1,64})&([^&|]{1,32})\|([0-9]{1,20})$/i;

/** @returns undefined for anything else, such as an identity that is not a Link SDK's, or another algorithm. */
export function parsePskIdentity(identity: string): PskIdentity | undefined {
  const [, productKey = '', deviceName = '', timestamp = ''] = IDENTITY_PATTERN.exec(identity) ?? [];
  if (!PRODUCT_KEY_PATTERN.test(productKey) || !DEVICE_NAME_PATTERN.test(deviceName)) return undefined;
  return { productKey, deviceName, timestamp };
}

/** The text whose HMAC is the key. */
export function pskSignContent({ productKey, deviceName, timestamp }: PskIdentity): string {
  return `id${productKey}&${deviceName}timestamp${timestamp}`;
}
