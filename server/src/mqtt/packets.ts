/**
 * From a complete packet to its handler: what the connection's state accepts, within its rate, and
 * well formed. Everything else closes the connection.
 */

import { handleConnect } from './connect.ts';
import type { Connection, ConnectionState } from './connection.ts';
import {
  decodeConnect,
  decodePuback,
  decodePublish,
  decodeSubscribe,
  decodeUnsubscribe,
  findBareFault,
  PACKET,
} from './decode.ts';
import { CONNACK, PINGRESP } from './encode.ts';
import type { ProtocolFault } from './faults.ts';
import type { GatewayParts } from './parts.ts';
import { handlePublish } from './publish.ts';
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts';
import { takeToken } from './throttle.ts';

const SIGNED_IN_PACKETS =
  (1 << PACKET.puback) |
  (1 << PACKET.subscribe) |
  (1 << PACKET.unsubscribe) |
  (1 << PACKET.pingreq) |
  (1 << PACKET.disconnect);

/** The table at the head of `connection.ts`, as bits by packet type. */
const ACCEPTED: Readonly<Record<ConnectionState, number>> = {
  'awaiting-connect': 1 << PACKET.connect,
  authenticating: 0,
  open: SIGNED_IN_PACKETS | (1 << PACKET.publish),
  registering: SIGNED_IN_PACKETS,
  closing: 0,
};

export function handlePacket(parts: GatewayParts, connection: Connection, packet: Buffer): void {
  const { limits } = parts;
  const type = packet[0]! >> 4;
  parts.counters.packetsReceived++;
  if ((ACCEPTED[connection.state] & (1 << type)) === 0) {
    connection.violate(type === PACKET.connect ? 'connect-repeated' : 'packet-unexpected');
    return;
  }
  if (takeToken(connection.packets, limits.packetsPerSecond, limits.packetsBurst, parts.clock()) < 0) {
    parts.events.limitReached({ ...connection.subject(), limit: 'packetsPerSecond' });
    connection.close('rate');
    return;
  }
  const fault = dispatch(parts, connection, type, packet);
  if (fault === 'protocol-level-unsupported') connection.refuse(CONNACK.protocolLevel, 'protocol-level');
  else if (fault !== undefined) connection.violate(fault);
}

/** @returns what is wrong with the packet; nothing was done with it then. */
function dispatch(
  parts: GatewayParts,
  connection: Connection,
  type: number,
  packet: Buffer,
): ProtocolFault | undefined {
  const { limits } = parts;
  switch (type) {
    case PACKET.publish:
      return deliver(parts, connection, decodePublish(packet, limits), handlePublish);
    case PACKET.puback:
      return deliver(parts, connection, decodePuback(packet), handlePuback);
    case PACKET.pingreq:
      return findBareFault(packet) ?? deliver(parts, connection, PINGRESP, sendPingresp);
    case PACKET.subscribe:
      return deliver(
        parts,
        connection,
        decodeSubscribe(packet, limits.filtersPerSubscribeMax),
        handleSubscribe,
      );
    case PACKET.unsubscribe:
      return deliver(
        parts,
        connection,
        decodeUnsubscribe(packet, limits.filtersPerSubscribeMax),
        handleUnsubscribe,
      );
    case PACKET.connect:
      return deliver(parts, connection, decodeConnect(packet), handleConnect);
    default:
      return findBareFault(packet) ?? disconnect(connection);
  }
}

function deliver<Packet extends object | number>(
  parts: GatewayParts,
  connection: Connection,
  packet: Packet | ProtocolFault,
  handle: (parts: GatewayParts, connection: Connection, packet: Packet) => void,
): ProtocolFault | undefined {
  if (typeof packet === 'string') return packet;
  handle(parts, connection, packet);
  return undefined;
}

/** A PUBACK for nothing that is in flight is late or repeated, and harmless. */
function handlePuback(parts: GatewayParts, connection: Connection, packetId: number): void {
  const push = connection.acknowledged(packetId);
  if (push === undefined) return;
  parts.counters.pushesAcknowledged++;
  parts.core.pushReceived(push.device, push.messageId);
}

function sendPingresp(_parts: GatewayParts, connection: Connection, pingresp: Buffer): void {
  connection.send(pingresp);
}

function disconnect(connection: Connection): undefined {
  connection.end('disconnect-packet');
}
