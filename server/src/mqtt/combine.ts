/**
 * `combine/login`, `batch_login`, `logout` and `batch_logout`: sub-devices come and go on their
 * gateway's connection (`alink.md` 3.6).
 *
 * A batch is all or nothing: every signature is checked before the first session opens. A sub-device
 * that is online elsewhere moves here. Replies need no subscription.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import type { DeviceName, SignedInDevice, SubDeviceClaim } from '../domain/gateway-port.ts';
import type { Session } from './connection.ts';
import type { GatewayParts } from './parts.ts';
import {
  type AlinkOutcome,
  answerRequest,
  isRecord,
  isSameDevice,
  parameterError,
  parseDeviceName,
  parseList,
  parseSubDeviceClaim,
  refusal,
  success,
} from './request.ts';
import type { Uplink } from './uplink.ts';

export const combine = { login, batchLogin, logout, batchLogout };

/** Alink 89300: more sub-devices online than a gateway may have. */
const CODE_TOO_MANY_ONLINE = 428;

function login(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, async (params): Promise<AlinkOutcome> => {
    const claim = parseSubDeviceClaim(params);
    if (claim === undefined) return parameterError();
    return (await signInAll(parts, uplink, [claim])) ?? success(nameOnly(claim));
  });
}

function batchLogin(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, async (params): Promise<AlinkOutcome> => {
    if (!isRecord(params)) return parameterError();
    const common = params.signMethod ?? params.signmethod;
    const claims = parseList(params.deviceList, parts.limits.devicesPerBatchMax, (value) =>
      parseSubDeviceClaim(value, common),
    );
    if (claims === undefined) return parameterError();
    return (await signInAll(parts, uplink, claims)) ?? success(claims.map(nameOnly));
  });
}

/** @returns why not, or undefined when all have a session now. */
async function signInAll(
  parts: GatewayParts,
  uplink: Uplink,
  claims: readonly SubDeviceClaim[],
): Promise<AlinkOutcome | undefined> {
  const refused = findLoginRefusal(parts, uplink, claims);
  if (refused !== undefined) return refused;
  const gateway = uplink.session.device;
  const results = await Promise.all(claims.map((claim) => parts.core.signInSubDevice(gateway, claim)));
  const devices: SignedInDevice[] = [];
  for (const result of results) {
    if (result.kind === 'unavailable') return refusal(ALINK_CODE.serverError, 'server error');
    if (result.kind === 'outside-topology')
      return refusal(ALINK_CODE.invalidTopology, 'topo relation not exist');
    if (result.kind === 'refused') return refusal(ALINK_CODE.invalidSign, 'invalid sign');
    devices.push(result.device);
  }
  const { connection } = uplink;
  if (connection.session !== uplink.session) return refusal(ALINK_CODE.noSession, 'no session');
  for (const device of devices) parts.sessions.openSub(connection, device);
  return undefined;
}

function findLoginRefusal(
  parts: GatewayParts,
  uplink: Uplink,
  claims: readonly SubDeviceClaim[],
): AlinkOutcome | undefined {
  const { limits, events } = parts;
  const gateway = uplink.session.device;
  const subject = { remoteAddress: uplink.connection.remoteAddress, device: gateway };
  const online = uplink.connection.subSessions ?? new Map<string, Session>();
  const added = claims.filter(({ productKey, deviceName }) => !online.has(`${productKey}/${deviceName}`));
  if (claims.some((claim) => isSameDevice(claim, gateway))) return parameterError();
  if (online.size + added.length > limits.subDevicesPerGatewayMax) {
    events.limitReached({ ...subject, limit: 'subDevicesPerGatewayMax' });
    return refusal(CODE_TOO_MANY_ONLINE, 'too many sub devices under gateway');
  }
  for (const { productKey, deviceName } of claims) {
    const key = `${gateway.id} ${productKey}/${deviceName}`;
    if (parts.subDeviceLogins.add(key, parts.clock()) > limits.subDeviceLoginsPerMinute) {
      events.limitReached({ ...subject, limit: 'subDeviceLoginsPerMinute' });
      return refusal(ALINK_CODE.tooManyRequests, 'too many logins');
    }
  }
  return undefined;
}

function logout(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, (params) => {
    const name = parseDeviceName(params);
    if (name === undefined) return parameterError();
    return signOutAll(parts, uplink, [name]) ?? success(nameOnly(name));
  });
}

function batchLogout(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, (params) => {
    const names = parseList(params, parts.limits.devicesPerBatchMax, parseDeviceName);
    if (names === undefined) return parameterError();
    return signOutAll(parts, uplink, names) ?? success(names.map(nameOnly));
  });
}

function signOutAll(
  parts: GatewayParts,
  uplink: Uplink,
  names: readonly DeviceName[],
): AlinkOutcome | undefined {
  const sessions: Session[] = [];
  for (const { productKey, deviceName } of names) {
    const session = uplink.connection.subSessions?.get(`${productKey}/${deviceName}`);
    if (session === undefined) return refusal(ALINK_CODE.noSession, 'no session');
    sessions.push(session);
  }
  for (const session of sessions) parts.sessions.close(session);
  return undefined;
}

function nameOnly({ productKey, deviceName }: DeviceName): DeviceName {
  return { deviceName, productKey };
}
