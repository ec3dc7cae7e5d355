/**
 * `thing/topo/change`: a gateway device hears what others did to its sub-devices (`alink.md` 3.6).
 *
 * QoS 0, as everything between a gateway and the server about sub-devices. Nothing is kept for a gateway that
 * is not here: its `topo/get` says what is true when it comes back.
 */

import { downlinkTopic } from '@opencota/contract/alink/topics';
import { encodeTopologyChange } from '@opencota/contract/alink/topology';
import type { TopologyChange } from '../domain/gateway-port.ts';
import type { Session } from './connection.ts';
import type { GatewayParts } from './parts.ts';
import { downlinkBit } from './topics-allowed.ts';

/**
 * Ids of the upper half: the npm SDK finds whom an answer is for by its id alone, on whatever topic, and counts its
 * own requests from 1.
 */
const MESSAGE_ID_MIN = 2 ** 31;
const MESSAGE_IDS = 2 ** 31;

export function tellTopologyChange(parts: GatewayParts, change: TopologyChange): void {
  const session = parts.sessions.find(change.gatewayId);
  if (session === undefined) return;
  const { connection, device } = session;
  const isOwn = connection.session === session;
  if (isOwn && change.status !== 'enabled') endSubSessions(parts, change, connection.subSessions);
  const topic = downlinkTopic.topoChange(device.productKey, device.deviceName);
  if (session.unsubscribedTopics & downlinkBit(topic, device)) return;
  const id = MESSAGE_ID_MIN + (parts.counters.topologyChangesSent++ % MESSAGE_IDS);
  connection.reply(topic, encodeTopologyChange(id, change.status, change.devices));
}

function endSubSessions(
  parts: GatewayParts,
  { devices }: TopologyChange,
  online: ReadonlyMap<string, Session> | undefined,
): void {
  for (const { productKey, deviceName } of devices) {
    const session = online?.get(`${productKey}/${deviceName}`);
    if (session !== undefined) parts.sessions.close(session);
  }
}
