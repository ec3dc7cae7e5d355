/**
 * SUBSCRIBE and UNSUBSCRIBE.
 *
 * A filter is granted when it is confined to a device's own topics, at QoS 1 at most, and is then
 * forgotten: config messages and replies go straight to the device's connection whether it has
 * subscribed or not (`alink.md` 3.3). What is remembered is the opposite, one bit for each of the
 * few topics the server publishes on and the device has unsubscribed from. Only the topic itself
 * unsubscribes, not a wildcard that covers it (MQTT-3.10.4-1), since auto-subscription would
 * stand; any filter that covers it subscribes again.
 */
import type { Connection, Session } from './connection.ts';
import { isTopicTooLong, type Subscribe, type Unsubscribe } from './decode.ts';
import { encodeSuback, encodeUnsuback, SUBSCRIPTION_REFUSED } from './encode.ts';
import type { GatewayParts } from './parts.ts';
import { downlinkBit, downlinkBitsCovered, namedDevice } from './topics-allowed.ts';

export function handleSubscribe(parts: GatewayParts, connection: Connection, packet: Subscribe): void {
  const codes: number[] = [];
  for (const { filter, qos } of packet.requests) {
    const session = isTopicTooLong(filter, parts.limits) ? undefined : sessionNamed(connection, filter);
    if (session === undefined) {
      codes.push(SUBSCRIPTION_REFUSED);
      parts.events.topicRefused({ ...connection.subject(), action: 'subscribe', topic: filter });
      continue;
    }
    if (session.unsubscribedTopics !== 0) {
      session.unsubscribedTopics &= ~downlinkBitsCovered(filter, session.device);
    }
    codes.push(Math.min(qos, 1));
  }
  connection.send(encodeSuback(packet.packetId, codes));
}

/** Answered even for filters that were never subscribed (MQTT-3.10.4-5). */
export function handleUnsubscribe(_parts: GatewayParts, connection: Connection, packet: Unsubscribe): void {
  for (const filter of packet.filters) {
    const session = sessionNamed(connection, filter);
    if (session !== undefined) session.unsubscribedTopics |= downlinkBit(filter, session.device);
  }
  connection.send(encodeUnsuback(packet.packetId));
}

function sessionNamed(connection: Connection, filter: string): Session | undefined {
  const named = namedDevice(filter);
  return named && connection.sessionOf(named.productKey, named.deviceName);
}
