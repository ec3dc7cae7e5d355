/**
 * `thing/topo/add`, `delete` and `get`: which sub-devices belong to a gateway device; `thing/sub/register`:
 * secrets for them (`alink.md` 3.6).
 *
 * The core keeps the topology and checks each sub-device's signature. A gateway that loses sub-devices to
 * another is told. Only the connection's own
 * device may ask; the topic of a sub-device carries no topology and is ignored.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import type { DeviceName } from '../domain/gateway-port.ts';
import type { GatewayParts } from './parts.ts';
import {
  type AlinkOutcome,
  answerRequest,
  parameterError,
  parseDeviceName,
  parseList,
  parseSubDeviceClaim,
  plainRefusal,
  refusal,
  success,
} from './request.ts';
import { tellTopologyChange } from './topology-change.ts';
import type { Uplink } from './uplink.ts';

export const topo = { add, remove, list, register };

function add(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, async (params): Promise<AlinkOutcome> => {
    const gateway = uplink.session.device;
    const claims = parseList(params, parts.limits.devicesPerTopoRequestMax, (value) =>
      parseSubDeviceClaim(value),
    );
    if (claims === undefined) return parameterError();
    const result = await parts.core.addToTopology(gateway, claims);
    if (result.kind !== 'ok') return refusal(result.code, result.message);
    for (const change of result.moved) tellTopologyChange(parts, change);
    return success(claims.map(nameOnly));
  });
}

/** A sub-device that leaves the topology also loses its session here. */
function remove(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, async (params): Promise<AlinkOutcome> => {
    const gateway = uplink.session.device;
    const names = parseList(params, parts.limits.devicesPerTopoRequestMax, parseDeviceName);
    if (names === undefined) return parameterError();
    const result = await parts.core.removeFromTopology(gateway, names);
    if (result.kind !== 'ok') return refusal(result.code, result.message);
    for (const { productKey, deviceName } of names) {
      const session = uplink.connection.subSessions?.get(`${productKey}/${deviceName}`);
      if (session !== undefined) parts.sessions.close(session);
    }
    return success(names.map(nameOnly));
  });
}

function list(parts: GatewayParts, uplink: Uplink): Promise<void> {
  const { device } = uplink.session;
  return answerRequest(uplink, () =>
    parts.core.listTopology(device).then(
      (names) => success(names.map(nameOnly)),
      (error: unknown) => {
        parts.events.uplinkFailed({ device, topic: uplink.topic, error });
        return refusal(ALINK_CODE.serverError, 'server error');
      },
    ),
  );
}

function register(parts: GatewayParts, uplink: Uplink): Promise<void> {
  return answerRequest(uplink, async (params): Promise<AlinkOutcome> => {
    if (!parts.mayRegister(uplink.connection)) return plainRefusal();
    const names = parseList(params, parts.limits.devicesPerTopoRequestMax, parseDeviceName);
    if (names === undefined) return parameterError();
    const result = await parts.core.registerSubDevices(uplink.session.device, names);
    if (result.kind !== 'ok') return refusal(result.code, result.message);
    return success(result.devices.map(({ id, ...device }) => ({ iotId: String(id), ...device })));
  });
}

function nameOnly({ productKey, deviceName }: DeviceName): DeviceName {
  return { deviceName, productKey };
}
