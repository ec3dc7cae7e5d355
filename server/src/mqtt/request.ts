/**
 * Requests of a gateway device about its sub-devices, and their replies (`alink.md` 3.6).
 *
 * Read tolerantly, as the SDKs differ: ids and timestamps are numbers or strings, `signMethod` is
 * spelled two ways, `params` may be an object where a list is meant, or JSON inside a string.
 * Written compact and with all four members, because the C SDK ignores anything else.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import { parseSignMethod } from '@opencota/contract/alink/credentials';
import { parseObject } from '@opencota/contract/alink/messages';
import { DEVICE_NAME_PATTERN, PRODUCT_KEY_PATTERN } from '@opencota/contract/alink/topics';
import type { DeviceName, SubDeviceClaim } from '../domain/gateway-port.ts';
import { replyTo, type Uplink } from './uplink.ts';

export type AlinkRequest = { id: string; params: unknown };

/** How a request ended: what the reply says. */
export type AlinkOutcome = { code: number; message: string; data: unknown };

const ID_CHARS_MAX = 64;
const CLAIM_TEXT_CHARS_MAX = 512;

export function parseRequest(text: string): AlinkRequest | undefined {
  const message = parseObject(text);
  if (message === undefined) return undefined;
  const { id, params } = message;
  return {
    id: typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, ID_CHARS_MAX) : '',
    params: typeof params === 'string' ? parseObject(params) : params,
  };
}

/** Handles one request and replies to it. An unreadable one is a parameter error. */
export async function answerRequest(
  uplink: Uplink,
  answer: (params: unknown) => AlinkOutcome | Promise<AlinkOutcome>,
): Promise<void> {
  const request = parseRequest(uplink.text);
  const outcome = request === undefined ? parameterError() : await answer(request.params);
  replyTo(uplink, JSON.stringify({ id: request?.id ?? '', ...outcome }));
}

export function success(data: unknown): AlinkOutcome {
  return { code: ALINK_CODE.ok, message: 'success', data };
}

export function refusal(code: number, message: string): AlinkOutcome {
  return { code, message, data: {} };
}

export function parameterError(): AlinkOutcome {
  return refusal(ALINK_CODE.parameterError, 'request parameter error');
}

/** A secret would travel in the clear, and the operator does not allow that. */
export function plainRefusal(): AlinkOutcome {
  return refusal(ALINK_CODE.requestError, 'registration needs an encrypted connection');
}

/** A list, or the one object that stands for a list of one. Each item must be readable, 1 to `itemsMax`. */
export function parseList<Item>(
  value: unknown,
  itemsMax: number,
  parse: (value: unknown) => Item | undefined,
): Item[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0 || values.length > itemsMax) return undefined;
  const items: Item[] = [];
  for (const candidate of values) {
    const item = parse(candidate);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

export function parseDeviceName(value: unknown): DeviceName | undefined {
  if (!isRecord(value)) return undefined;
  const { productKey, deviceName } = value;
  if (typeof productKey !== 'string' || !PRODUCT_KEY_PATTERN.test(productKey)) return undefined;
  if (typeof deviceName !== 'string' || !DEVICE_NAME_PATTERN.test(deviceName)) return undefined;
  return { productKey, deviceName };
}

/** `batchSignMethod` is what a batch says for all its devices. */
export function parseSubDeviceClaim(value: unknown, batchSignMethod?: unknown): SubDeviceClaim | undefined {
  const name = parseDeviceName(value);
  if (name === undefined || !isRecord(value)) return undefined;
  const spelling = value.signMethod ?? value.signmethod ?? batchSignMethod ?? 'hmacmd5';
  const signMethod = typeof spelling === 'string' ? parseSignMethod(spelling) : undefined;
  const clientId = claimText(value.clientId);
  // Optional, as in CONNECT; without one nothing of it is signed.
  const timestamp = claimText(value.timestamp ?? '');
  const sign = claimText(value.sign);
  if (!signMethod || clientId === undefined || timestamp === undefined || sign === undefined)
    return undefined;
  return { ...name, clientId, timestamp, signMethod, sign };
}

export function claimText(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length <= CLAIM_TEXT_CHARS_MAX ? text : undefined;
}

export function isSameDevice(claim: DeviceName, device: DeviceName): boolean {
  return claim.productKey === device.productKey && claim.deviceName === device.deviceName;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
