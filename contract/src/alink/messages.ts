/**
 * The Alink remote-configuration messages (`alink.md` 1.2) and our own additions to them.
 *
 * Everything is written compact and in this member order, because the C SDK's finder takes the
 * first `"key":` anywhere in the text, knows no escapes and no blanks (`alink.md` 2.2).
 *
 * **The OpenCOTA extension.** A device that puts `_oc=1` among its client-id parameters says that it
 * understands members of ours. Only then does the server add `configVersion` (the version number,
 * so that the device can refuse to go down, P4). Unmodified SDKs never see it. Such a device may
 * also say what it runs: `params.configVersion` in `get`, `data.configVersion` in `push_reply`, where
 * `data.sign` is the digest of what the reply is about. After a `get`, for which there is no push to
 * answer, it sends a `push_reply` with the id "0".
 *
 * **Inline content.** A device that also puts `_oci=1` there takes small contents in the message itself: a last
 * member `content`, the author's bytes as a JSON string. Everything about the link stays beside it, so that such a
 * device can fall back to the link on any doubt. It must always reply, for nobody sees what it took.
 */

/** A client-id parameter by which a device announces the OpenCOTA extension. */
export const EXTENSION_PARAMETER = '_oc';
/** A client-id parameter by which a device announces that it takes contents in the message. */
export const INLINE_PARAMETER = '_oci';

/** Where to fetch one version, as a device is told it. */
export type ConfigFile = {
  configId: string;
  /** Bytes. */
  configSize: number;
  /** SHA-256 of the file, 64 lower-case hex digits. */
  sign: string;
  /** At most 254 characters. */
  url: string;
  /** Only sent to devices that announced the extension. */
  configVersion?: number;
  /** What `encodeContent` made; only sent to devices that announced that they take it. */
  content?: string;
};

/**
 * A content as a JSON text, made once and put into the messages of many devices.
 *
 * What a server has saved is well-formed UTF-8, of which JSON strings bring back every byte.
 *
 * @throws TypeError when the bytes are not UTF-8.
 */
export function encodeContent(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
}

/** `thing/config/push`, as text. `id` is a number 0..4294967295 written as a string. */
export function encodeConfigPush(id: number, file: ConfigFile): string {
  return `{"id":"${id}","version":"1.0","params":${encodeFile(file)},"method":"thing.config.push"}`;
}

/** `thing/config/get_reply` with a file. `id` is the request's, echoed as a string. */
export function encodeConfigGetReply(id: string, file: ConfigFile): string {
  return `{"code":200,"data":${encodeFile(file)},"id":${JSON.stringify(id)},"message":"success","method":"thing.config.get","version":"1.0"}`;
}

/** `thing/config/get_reply` with a refusal. `retryAfterSeconds` only with code 429. */
export function encodeConfigGetRefusal(
  id: string,
  code: number,
  message: string,
  retryAfterSeconds?: number,
): string {
  const data = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return JSON.stringify({ code, data, id, message, method: 'thing.config.get', version: '1.0' });
}

function encodeFile(file: ConfigFile): string {
  const version = file.configVersion === undefined ? '' : `,"configVersion":${file.configVersion}`;
  const content = file.content === undefined ? '' : `,"content":${file.content}`;
  return `{"configId":"${file.configId}","configSize":${file.configSize},"getType":"file","sign":"${file.sign}","signMethod":"Sha256","url":"${file.url}"${version}${content}}`;
}

/** What a device asked with `thing/config/get`, after tolerant parsing. */
export type ConfigGet = {
  id: string;
  /** `sys.ack` is 0: the device wants no reply. */
  isReplyWanted: boolean;
  /** False when `configScope` or `getType` is something else than `product` and `file`: answer 460. */
  isSupported: boolean;
  /** Which version the device says it runs (extension). */
  configVersion?: number;
};

/**
 * Reads a `get`. Accepts what real devices send (`alink.md` 1.3, 7.7): id as number or string,
 * missing version, method and sys, extra members, blanks.
 *
 * @returns undefined when the text is not a JSON object: answer 460 with an empty id.
 */
export function parseConfigGet(text: string): ConfigGet | undefined {
  const message = parseObject(text);
  if (message === undefined) return undefined;
  const params = asObject(message.params);
  const scope = params?.configScope ?? 'product';
  const type = params?.getType ?? 'file';
  const version = params?.configVersion;
  return {
    id: idText(message.id),
    isReplyWanted: asObject(message.sys)?.ack !== 0,
    isSupported: scope === 'product' && type === 'file',
    ...(isVersionNumber(version) ? { configVersion: version } : {}),
  };
}

/** What a device said about a push. */
export type ConfigPushReply =
  | { kind: 'reply'; id: string; code: number; message: string; configVersion?: number; sign?: string }
  /** Not JSON. iotkit-embedded 3.2 reports failure with such a text (`alink.md` 1.3): a failure. */
  | { kind: 'unreadable'; text: string };

/** The largest piece of a device's own words that is kept, in characters. */
export const DEVICE_MESSAGE_CHARS_MAX = 500;

/** Reads a `push_reply`: code as number or string, `data` as object or string, text of any kind. */
export function parseConfigPushReply(text: string): ConfigPushReply {
  const message = parseObject(text);
  const code = Number(message?.code);
  if (message === undefined || !isCode(code) || message.code === '' || message.code === null) {
    return { kind: 'unreadable', text: text.slice(0, DEVICE_MESSAGE_CHARS_MAX) };
  }
  const said = message.message ?? (typeof message.data === 'string' ? message.data : undefined);
  const data = asObject(message.data);
  const version = data?.configVersion;
  const sign = data?.sign;
  return {
    kind: 'reply',
    id: idText(message.id),
    code,
    message: typeof said === 'string' ? said.slice(0, DEVICE_MESSAGE_CHARS_MAX) : '',
    ...(isVersionNumber(version) ? { configVersion: version } : {}),
    ...(typeof sign === 'string' && SIGN_PATTERN.test(sign) ? { sign } : {}),
  };
}

const ID_CHARS_MAX = 64;
/** Alink's codes end at 110,000; a number beyond 32 bits is no code. */
const CODE_MAX = 2 ** 31 - 1;
const SIGN_PATTERN = /^[0-9a-f]{64}$/;

function idText(id: unknown): string {
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, ID_CHARS_MAX) : '';
}

function isCode(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= CODE_MAX;
}

function isVersionNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Parses a JSON object; undefined for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
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
