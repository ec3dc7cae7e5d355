/**
 * The Alink messages as a simulated device writes and reads them, in two dialects: that of our own SDK
 * (with the OpenCOTA extension) and that of an old Link SDK in C, which is pickier than any JSON parser.
 */
import { createHmac } from 'node:crypto';
import { connectSignContent } from '@opencota/contract/alink/credentials';
import { EXTENSION_PARAMETER, INLINE_PARAMETER, parseObject } from '@opencota/contract/alink/messages';
import type { Connect } from './mqtt-wire.ts';

export type Identity = { productKey: string; deviceName: string; deviceSecret: string };

/** Which file to fetch, as the server offered it. */
export type Offer = {
  via: 'push' | 'get';
  id: string;
  url: string;
  sizeBytes: number;
  sha256: string;
  /** Undefined without the extension. */
  version: number | undefined;
  /** The content itself, from a server that was told that the device takes it in the message. */
  content?: string;
};

export type Answer =
  | { kind: 'offer'; offer: Offer }
  | { kind: 'refusal'; code: number }
  | { kind: 'unreadable'; text: string };

/** A reply to a request has no push to answer. */
export const ID_WITHOUT_PUSH = '0';

const LINK_TIMESTAMP = '2524608000000';
const LINK_KEEP_ALIVE_SECONDS = 1200;

export function connectOf(
  identity: Identity,
  options: { isLink: boolean; keepAliveSeconds: number; nowMs: number; takesInline?: boolean },
): Connect {
  const { isLink, keepAliveSeconds, nowMs, takesInline = false } = options;
  const { productKey, deviceName, deviceSecret } = identity;
  const clientId = `${productKey}.${deviceName}`;
  const timestamp = isLink ? LINK_TIMESTAMP : String(nowMs);
  const inline = takesInline ? `${INLINE_PARAMETER}=1,` : '';
  const parameters = isLink
    ? `timestamp=${timestamp},_ss=1,_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256,ext=3,_conn=tcp_0`
    : `securemode=3,signmethod=hmacsha256,timestamp=${timestamp},${EXTENSION_PARAMETER}=1,${inline}_v=opencota-sim`;
  const content = connectSignContent({ clientId, deviceName, productKey, timestamp });
  const sign = createHmac('sha256', deviceSecret).update(content).digest('hex');
  return {
    clientId: `${clientId}|${parameters}|`,
    username: `${deviceName}&${productKey}`,
    password: isLink ? sign.toUpperCase() : sign,
    keepAliveSeconds: isLink ? LINK_KEEP_ALIVE_SECONDS : keepAliveSeconds,
  };
}

export function encodeGet(id: string, runningVersion: number): string {
  const params = { configScope: 'product', getType: 'file', configVersion: runningVersion };
  return JSON.stringify({ id, version: '1.0', params, method: 'thing.config.get' });
}

/** As the C SDK's demo sends it. */
export function encodeLinkGet(id: '123' | 0): string {
  return `{"id":${JSON.stringify(id)},"params":{"configScope":"product","getType":"file"}}`;
}

export function encodeReply(reply: {
  id: string;
  code: number;
  message: string;
  runningVersion: number;
  sha256: string;
}): string {
  const { id, code, message, runningVersion, sha256 } = reply;
  return JSON.stringify({ id, code, data: { configVersion: runningVersion, sign: sha256 }, message });
}

/** Reads a push or the reply to a request with an ordinary JSON parser. */
export function readAnswer(via: Offer['via'], payload: string): Answer {
  const unreadable: Answer = { kind: 'unreadable', text: payload.slice(0, 200) };
  const message = parseObject(payload);
  if (message === undefined) return unreadable;
  const code = Number(message.code ?? 0);
  if (via === 'get' && code !== 200) return Number.isInteger(code) ? { kind: 'refusal', code } : unreadable;
  const file = via === 'push' ? message.params : message.data;
  if (typeof file !== 'object' || file === null) return unreadable;
  // An object whose members are checked one by one.
  const { url, configSize, sign, configVersion, content } = file as Record<string, unknown>;
  if (typeof url !== 'string' || typeof configSize !== 'number' || typeof sign !== 'string')
    return unreadable;
  const version = typeof configVersion === 'number' ? configVersion : undefined;
  const id = typeof message.id === 'string' ? message.id : '';
  const offer = { via, id, url, sizeBytes: configSize, sha256: sign, version };
  return { kind: 'offer', offer: typeof content === 'string' ? { ...offer, content } : offer };
}

/**
 * Reads as the C SDK does: the first `"key":` anywhere, its value right behind it, no escapes. So a
 * message with blanks, or with an earlier member of the same name, is not understood here either.
 */
export function readLinkAnswer(via: Offer['via'], payload: string): Answer {
  const body = findObject(payload, via === 'push' ? 'params' : 'data');
  const url = body && findText(body, 'url');
  const sign = body && findText(body, 'sign');
  const size = body && /^\d+/.exec(textAfter(body, 'configSize') ?? '')?.[0];
  if (!url || !sign || !size || findText(body, 'signMethod') !== 'Sha256') {
    const code = /^\d+/.exec(textAfter(payload, 'code') ?? '')?.[0];
    return via === 'get' && code && code !== '200'
      ? { kind: 'refusal', code: Number(code) }
      : { kind: 'unreadable', text: payload.slice(0, 200) };
  }
  const id = findText(payload, 'id') ?? '';
  return {
    kind: 'offer',
    offer: { via, id, url, sizeBytes: Number(size), sha256: sign, version: undefined },
  };
}

/** The text behind the first `"key":`. */
function textAfter(text: string, key: string): string | undefined {
  const at = text.indexOf(`"${key}":`);
  return at < 0 ? undefined : text.slice(at + key.length + 3);
}

function findText(text: string, key: string): string | undefined {
  return /^"([^"]*)"/.exec(textAfter(text, key) ?? '')?.[1];
}

/** Counts braces, also those inside strings, as the SDK does. */
function findObject(text: string, key: string): string | undefined {
  const value = textAfter(text, key);
  if (value === undefined || value[0] !== '{') return undefined;
  let depth = 0;
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '{') depth++;
    if (value[at] === '}' && --depth === 0) return value.slice(0, at + 1);
  }
  return undefined;
}
