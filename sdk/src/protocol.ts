/**
 * The Alink remote-configuration messages as a device writes and reads them.
 *
 * This package depends on nothing but its MQTT client, so it carries this small copy of the wire
 * instead of importing the server's. Reading is tolerant about form (member order, blanks, numbers
 * written as strings, hex in either case) and strict about meaning: a message that does not say
 * exactly which bytes to fetch is not acted on.
 *
 * **The OpenCOTA extension.** The client id announces `_oc=1`. A server that knows it adds
 * `configVersion` to what it offers, and the device can refuse to go down. Any other server leaves
 * it out, and offers are then ordered by arrival. `_oci=1` says that the device takes a small content in
 * the message itself (`inline.ts`).
 */

/** Goes out in the client id as `_v=opencota-<version>`; kept equal to package.json by a test. */
export const SDK_VERSION = '0.1.0';

/** What the device answers in `push_reply`. 100000–110000 is the range Alink leaves to devices. */
export const DEVICE_REPLY_CODE = {
  applied: 200,
  /** The push could not be understood; Alink's "request parameter error". */
  parameterError: 460,
  downloadFailed: 100001,
  digestMismatch: 100002,
  sizeMismatch: 100003,
  notJson: 100004,
  /** The offered version is lower than the one the device runs; it keeps what it has. */
  staleVersion: 100005,
  /** The device's disk refused the new configuration; it keeps what it has. */
  storeFailed: 100006,
  /** The handler failed; the last good configuration was applied again. */
  reverted: 100010,
  /** The handler failed and there was no earlier configuration, or it could not be applied again. */
  revertFailed: 100011,
} as const;

export type DeviceReplyCode = (typeof DEVICE_REPLY_CODE)[keyof typeof DEVICE_REPLY_CODE];

/** The codes of `get_reply` that this package treats specially. */
export const SERVER_CODE = {
  ok: 200,
  tooManyRequests: 429,
  /** Nothing has been saved for the product yet. */
  noConfig: 6710,
  /** The product's remote configuration switch is off. */
  switchOff: 6713,
} as const;

/** `push_reply` for a configuration obtained by `get`, which has no push to answer. */
export const ID_WITHOUT_PUSH = '0';

/** The longest message text the server keeps of a reply. */
const REPLY_MESSAGE_CHARS_MAX = 500;
const ID_CHARS_MAX = 64;
const URL_CHARS_MAX = 2048;
const SHA256_PATTERN = /^[0-9a-f]{64}$/;

/** One configuration as the server describes it: what to fetch and how to know it is right. */
export type ConfigFile = {
  configId: string;
  sizeBytes: number;
  /** 64 lower-case hex digits. */
  sha256: string;
  url: string;
  /** Undefined when the server does not speak the OpenCOTA extension. */
  version: number | undefined;
  /** What came in the message beside the link, of whatever kind: not yet believed (`inline.ts`). */
  content?: unknown;
};

export type Downlink =
  | { kind: 'offer'; id: string; file: ConfigFile }
  | { kind: 'refusal'; id: string; code: number; message: string; retryAfterSeconds: number | undefined }
  | { kind: 'unreadable'; id: string; reason: string };

export type PushReply = {
  id: string;
  code: DeviceReplyCode;
  message: string;
  /** The version the device runs now; 0 when it has none. */
  runningVersion: number;
  /** The digest of the configuration the reply is about. */
  sha256: string;
};

/** The four topics of one device. */
export type Topics = { get: string; getReply: string; push: string; pushReply: string };

export function configTopics(productKey: string, deviceName: string): Topics {
  const prefix = `/sys/${productKey}/${deviceName}/thing/config`;
  return {
    get: `${prefix}/get`,
    getReply: `${prefix}/get_reply`,
    push: `${prefix}/push`,
    pushReply: `${prefix}/push_reply`,
  };
}

/** What CONNECT says, and the text whose HMAC-SHA256 with the device secret is the password. */
export type ConnectWords = { username: string; clientId: string; signContent: string };

export function connectWords(device: {
  productKey: string;
  deviceName: string;
  isTls: boolean;
  timestampMs: number;
}): ConnectWords {
  const { productKey, deviceName, timestampMs } = device;
  const id = `${productKey}.${deviceName}`;
  const parameters = [
    `securemode=${device.isTls ? 2 : 3}`,
    'signmethod=hmacsha256',
    `timestamp=${timestampMs}`,
    '_oc=1',
    '_oci=1',
    `_v=opencota-${SDK_VERSION}`,
  ];
  return {
    username: `${deviceName}&${productKey}`,
    clientId: `${id}|${parameters.join(',')}|`,
    signContent: `clientId${id}deviceName${deviceName}productKey${productKey}timestamp${timestampMs}`,
  };
}

/** `thing/config/get`. `runningVersion` is 0 when the device has nothing. */
export function encodeGet(id: string, runningVersion: number): string {
  const params = { configScope: 'product', getType: 'file', configVersion: runningVersion };
  return JSON.stringify({ id, version: '1.0', params, method: 'thing.config.get' });
}

/** `thing/config/push_reply`. */
export function encodePushReply(reply: PushReply): string {
  return JSON.stringify({
    id: reply.id,
    code: reply.code,
    data: { configVersion: reply.runningVersion, sign: reply.sha256 },
    message: reply.message.slice(0, REPLY_MESSAGE_CHARS_MAX),
  });
}

/** Reads `thing/config/push`: an offer, or unreadable. */
export function parsePush(text: string): Downlink {
  const message = parseObject(text);
  if (message === undefined) return { kind: 'unreadable', id: '', reason: 'not a JSON object' };
  return parseOffer(idText(message.id), message.params);
}

/** Reads `thing/config/get_reply`: an offer, a refusal, or unreadable. */
export function parseGetReply(text: string): Downlink {
  const message = parseObject(text);
  if (message === undefined) return { kind: 'unreadable', id: '', reason: 'not a JSON object' };
  const id = idText(message.id);
  const code = wholeNumber(message.code);
  if (code === undefined) return { kind: 'unreadable', id, reason: 'no code' };
  if (code === SERVER_CODE.ok) return parseOffer(id, message.data);
  return {
    kind: 'refusal',
    id,
    code,
    message: typeof message.message === 'string' ? message.message : '',
    retryAfterSeconds: wholeNumber(asObject(message.data)?.retryAfterSeconds),
  };
}

function parseOffer(id: string, value: unknown): Downlink {
  const file = parseFile(asObject(value) ?? {});
  return typeof file === 'string' ? { kind: 'unreadable', id, reason: file } : { kind: 'offer', id, file };
}

/** @returns the reason, as text, when the members do not describe a file. */
function parseFile(members: Record<string, unknown>): ConfigFile | string {
  const sizeBytes = wholeNumber(members.configSize);
  const sha256 = typeof members.sign === 'string' ? members.sign.toLowerCase() : '';
  const signMethod = members.signMethod ?? 'Sha256';
  const version = members.configVersion === undefined ? undefined : wholeNumber(members.configVersion);
  const { configId, url, content } = members;
  if (typeof configId !== 'string' || configId === '') return 'no configId';
  if (sizeBytes === undefined) return 'no configSize';
  if (!SHA256_PATTERN.test(sha256)) return 'sign is not 64 hex digits';
  if (typeof signMethod !== 'string' || signMethod.toLowerCase() !== 'sha256')
    return 'signMethod is not Sha256';
  if (typeof url !== 'string' || url === '' || url.length > URL_CHARS_MAX) return 'no usable url';
  if ((members.getType ?? 'file') !== 'file') return 'getType is not file';
  // Without this check a broken number would switch the refusal of lower versions off.
  if (members.configVersion !== undefined && version === undefined)
    return 'configVersion is not a whole number';
  return { configId, sizeBytes, sha256, url, version, ...(content === undefined ? {} : { content }) };
}

function idText(id: unknown): string {
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, ID_CHARS_MAX) : '';
}

/** Numbers are accepted as JSON numbers and as strings of digits, as Link SDKs do. */
function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? // A JSON object has string keys; its values stay unknown.
      (value as Record<string, unknown>)
    : undefined;
}
