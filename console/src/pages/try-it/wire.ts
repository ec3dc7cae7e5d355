/**
 * What the virtual device says and reads (docs/device-protocol.md). It is what any device does; only the HMAC and the
 * digest come from a library, because a page that came over plain HTTP has no `crypto.subtle`.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { connectSignContent } from '@opencota/contract/alink/credentials';
import { type ConfigFile, EXTENSION_PARAMETER, parseObject } from '@opencota/contract/alink/messages';

export type Identity = { productKey: string; deviceName: string; deviceSecret: string };
export type ConnectWords = { clientId: string; username: string; password: string };

/** User name, client id, and the HMAC that proves the secret without sending it. */
export function connectWords(identity: Identity, timestampMs: number): ConnectWords {
  const { productKey, deviceName, deviceSecret } = identity;
  const clientId = `${productKey}.${deviceName}`;
  const timestamp = String(timestampMs);
  const parameters = `securemode=3,signmethod=hmacsha256,timestamp=${timestamp},${EXTENSION_PARAMETER}=1`;
  const signed = connectSignContent({ clientId, deviceName, productKey, timestamp });
  return {
    clientId: `${clientId}|${parameters}|`,
    username: `${deviceName}&${productKey}`,
    password: bytesToHex(hmac(sha256, utf8ToBytes(deviceSecret), utf8ToBytes(signed))),
  };
}

export function digestOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

export function encodeRequest(id: number, runningVersion: number): string {
  const params = { configScope: 'product', getType: 'file', configVersion: runningVersion };
  return JSON.stringify({ id: String(id), version: '1.0', params, method: 'thing.config.get' });
}

export type Reply = { id: string; code: number; message: string; runningVersion: number; sign: string };

export function encodeReply({ id, code, message, runningVersion, sign }: Reply): string {
  return JSON.stringify({ id, code, data: { configVersion: runningVersion, sign }, message });
}

/** The id of a reply about a configuration that was asked for: there was no push to answer. */
export const ID_WITHOUT_PUSH = '0';

export type Offer = { id: string; file: ConfigFile };
export type Answer =
  | { kind: 'offer'; offer: Offer }
  | { kind: 'refusal'; code: number }
  | { kind: 'unreadable' };

export function readPush(text: string): Answer {
  const message = parseObject(text);
  return offerOf(String(message?.id ?? ''), message?.params);
}

export function readRequestReply(text: string): Answer {
  const message = parseObject(text);
  const code = Number(message?.code);
  if (message === undefined || !Number.isInteger(code)) return { kind: 'unreadable' };
  return code === 200 ? offerOf(ID_WITHOUT_PUSH, message.data) : { kind: 'refusal', code };
}

function offerOf(id: string, value: unknown): Answer {
  if (typeof value !== 'object' || value === null) return { kind: 'unreadable' };
  const { configId, configSize, sign, url, configVersion }: Partial<Record<string, unknown>> = { ...value };
  if (typeof configId !== 'string' || typeof sign !== 'string' || typeof url !== 'string')
    return { kind: 'unreadable' };
  const version = typeof configVersion === 'number' ? { configVersion } : {};
  return {
    kind: 'offer',
    offer: { id, file: { configId, configSize: Number(configSize), sign, url, ...version } },
  };
}

/** The same file from the server that gave this page, when its link names another address of it. */
export function reachableAddress(url: string, origin: string): { url: string; isRewritten: boolean } {
  const link = new URL(url);
  const isRewritten = link.origin !== origin;
  return { url: isRewritten ? `${origin}${link.pathname}${link.search}` : url, isRewritten };
}
