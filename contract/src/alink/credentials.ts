/**
 * How a Link device names and proves itself in CONNECT (`alink.md` 3.1, 3.5).
 *
 * Only parsing lives here: the check needs secrets and belongs to the server.
 */
import { DEVICE_NAME_PATTERN, PRODUCT_KEY_PATTERN } from './topics.ts';

export type SignMethod = 'hmacmd5' | 'hmacsha1' | 'hmacsha256';

/** What a CONNECT claims, taken apart but not yet believed. */
export type DeviceClaim = {
  productKey: string;
  deviceName: string;
  /** The free text before the first `|`; part of the signed content. */
  clientId: string;
  parameters: ReadonlyMap<string, string>;
  /** `connect`: HMAC with the device secret; `connwl`: a device token; `register`/`regnwl`: registration. */
  authType: 'connect' | 'connwl' | 'register' | 'regnwl';
  signMethod: SignMethod;
  password: string;
};

/** Why a CONNECT could not be read: which CONNACK code it deserves (`alink.md` 3.3). */
export type ClaimRefusal = { refusal: 'client-id' | 'user-name' };

const PARAMETERS_MAX = 32;
const CLIENT_ID_CHARS_MAX = 512;

/**
 * Takes user name and client id apart. Tolerates what real clients send: blanks and newlines around
 * keys and values, a trailing `,|`, missing trailing parts, an empty id, unknown parameters.
 */
export function parseDeviceClaim(
  clientId: string,
  userName: string,
  password: string,
): DeviceClaim | ClaimRefusal {
  const names = splitUserName(userName);
  if (names === undefined) return { refusal: 'user-name' };
  if (clientId.length > CLIENT_ID_CHARS_MAX) return { refusal: 'client-id' };
  const bar = clientId.indexOf('|');
  const id = bar < 0 ? clientId : clientId.slice(0, bar);
  const parameters = bar < 0 ? new Map<string, string>() : parseParameters(clientId.slice(bar + 1));
  if (parameters === undefined) return { refusal: 'client-id' };
  const signMethod = parseSignMethod(parameters.get('signmethod') ?? 'hmacmd5');
  const authType = parseAuthType(parameters.get('authType'));
  if (signMethod === undefined || authType === undefined) return { refusal: 'client-id' };
  return { ...names, clientId: id, parameters, authType, signMethod, password };
}

/** `{deviceName}&{productKey}`. Neither grammar has an `&`. */
function splitUserName(userName: string): { productKey: string; deviceName: string } | undefined {
  const at = userName.indexOf('&');
  const deviceName = userName.slice(0, at);
  const productKey = userName.slice(at + 1);
  if (at < 0 || !DEVICE_NAME_PATTERN.test(deviceName) || !PRODUCT_KEY_PATTERN.test(productKey))
    return undefined;
  return { productKey, deviceName };
}

function parseParameters(text: string): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  for (const part of text.replaceAll('|', '').split(',')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    parameters.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
    if (parameters.size > PARAMETERS_MAX) return undefined;
  }
  return parameters;
}

/** Accepts every spelling seen: `hmacSha256`, `HMACSHA1`, `Sha256`, `hmacmd5` (`alink.md` 3.6). */
export function parseSignMethod(text: string): SignMethod | undefined {
  switch (text.toLowerCase().replace(/^hmac/, '').replace('-', '')) {
    case 'md5':
      return 'hmacmd5';
    case 'sha1':
      return 'hmacsha1';
    case 'sha256':
      return 'hmacsha256';
    default:
      return undefined;
  }
}

function parseAuthType(text: string | undefined): DeviceClaim['authType'] | undefined {
  switch (text) {
    case undefined:
      return 'connect';
    case 'connwl':
    case 'register':
    case 'regnwl':
      return text;
    default:
      return undefined;
  }
}

/** The text a connecting device signs: names in alphabetical order, no separators. */
export function connectSignContent(claim: {
  clientId: string;
  deviceName: string;
  productKey: string;
  timestamp: string | undefined;
}): string {
  const timestamp = claim.timestamp === undefined ? '' : `timestamp${claim.timestamp}`;
  return `clientId${claim.clientId}deviceName${claim.deviceName}productKey${claim.productKey}${timestamp}`;
}

/** The text a registering device signs with the product secret (`alink.md` 3.5). */
export function registerSignContent(deviceName: string, productKey: string, random: string): string {
  return `deviceName${deviceName}productKey${productKey}random${random}`;
}
