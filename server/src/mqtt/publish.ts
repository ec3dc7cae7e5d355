/**
 * PUBLISH from a device: whose topic it is, whether it is within its rate, and who handles it.
 *
 * A topic that is not the device's own, or that is the server's to speak on, closes the connection
 * at either QoS and is reported (MQTT 3.1.1 has no negative acknowledgement). An own topic that
 * carries nothing for us is accepted, acknowledged and dropped: Link SDKs publish many.
 *
 * Of a gateway, what it says for a device without a session here is acknowledged and dropped too. Its sub-devices
 * lose theirs when it reconnects, move, or are disabled, and it goes on: a queue of unsent messages comes before the
 * first login. Closing would take its other sub-devices along, again at every reconnect.
 */
import { parseUplinkTopic, type UplinkKind } from '@opencota/contract/alink/topics';
import { combine } from './combine.ts';
import { handleConfigGet, handleConfigPushReply } from './config.ts';
import type { Connection, Session } from './connection.ts';
import type { Publish } from './decode.ts';
import type { GatewayParts } from './parts.ts';
import { registerByProxy } from './proxy-register.ts';
import { takeToken } from './throttle.ts';
import { downlinkBit, namedDevice } from './topics-allowed.ts';
import { topo } from './topo.ts';
import type { Uplink } from './uplink.ts';

/** Returns a promise when the uplink has to be stored before it may be acknowledged. */
type UplinkHandler = (parts: GatewayParts, uplink: Uplink) => Promise<void> | undefined;

const HANDLERS: Readonly<Record<UplinkKind, UplinkHandler>> = {
  'config-get': handleConfigGet,
  'config-push-reply': handleConfigPushReply,
  'ota-progress': ignore,
  'topo-add': topo.add,
  'topo-delete': topo.remove,
  'topo-get': topo.list,
  'topo-register': topo.register,
  'topo-proxy-register': registerByProxy,
  'combine-login': combine.login,
  'combine-batch-login': combine.batchLogin,
  'combine-logout': combine.logout,
  'combine-batch-logout': combine.batchLogout,
};

export function handlePublish(parts: GatewayParts, connection: Connection, packet: Publish): void {
  const { topic, qos, packetId } = packet;
  const known = parseUplinkTopic(topic);
  const named = known ?? namedDevice(topic);
  const session = named && connection.sessionOf(named.productKey, named.deviceName);
  if (session === undefined && named !== undefined && downlinkBit(topic, named) === 0) {
    dropForGateway(parts, connection, packet);
    return;
  }
  if (session === undefined || downlinkBit(topic, session.device) !== 0) {
    refuse(parts, connection, topic);
    return;
  }
  const kind = known?.kind;
  if (isOverRate(parts, connection, session, kind, qos)) return;
  const uplink: Uplink = { connection, session, topic, text: packet.payload.toString('utf8') };
  const mayHandle = kind !== undefined && (session === connection.session || !isGatewayRequest(kind));
  const handler = mayHandle ? HANDLERS[kind] : ignore;
  const isAboutOthers = handler !== ignore && isGatewayRequest(known!.kind);
  const stored = isAboutOthers
    ? inTurn(connection, async () => handler(parts, uplink))
    : handler(parts, uplink);
  connection.settle(packetId, stored, (error) => {
    parts.events.uplinkFailed({ device: session.device, topic, error });
  });
}

/**
 * Requests about sub-devices end in the order in which they came: a login may follow the `topo/add` that it needs
 * before that is answered. How many wait is bounded by `pendingUplinks`.
 */
function inTurn(connection: Connection, task: () => Promise<void>): Promise<void> {
  const turn = connection.subDeviceRequests?.then(task, task) ?? task();
  connection.subDeviceRequests = turn;
  const forget = () => {
    if (connection.subDeviceRequests === turn) connection.subDeviceRequests = undefined;
  };
  turn.then(forget, forget);
  return turn;
}

function refuse(parts: GatewayParts, connection: Connection, topic: string): void {
  if (connection.state !== 'open') return;
  parts.events.topicRefused({ ...connection.subject(), action: 'publish', topic });
  connection.close('topic-refused');
}

/** The topic of a device without a session here: of no concern when a gateway says it, refused otherwise. */
function dropForGateway(parts: GatewayParts, connection: Connection, { topic, packetId }: Publish): void {
  const device = connection.session?.device;
  if (device === undefined) return;
  const drop = () => parts.events.uplinkIgnored({ device, topic });
  if (connection.subSessions !== undefined) {
    drop();
    connection.settle(packetId, undefined, () => {});
    return;
  }
  const before = Promise.resolve(connection.subDeviceRequests).catch(() => {});
  connection.hasTopology ??= before
    .then(() => parts.core.listTopology(device))
    .then((names) => names.length > 0);
  const judged = connection.hasTopology.then((isGateway) => {
    if (isGateway) drop();
    else refuse(parts, connection, topic);
  });
  connection.settle(packetId, judged, (error) => {
    connection.hasTopology = undefined;
    parts.events.uplinkFailed({ device, topic, error });
  });
}

/** Over its rate, a message at QoS 0 is dropped; one at QoS 1, or far too many, close the connection. */
function isOverRate(
  parts: GatewayParts,
  connection: Connection,
  session: Session,
  kind: UplinkKind | undefined,
  qos: 0 | 1,
): boolean {
  if (kind !== undefined && isGatewayRequest(kind)) return false;
  const { messagesPerSecond, messagesBurst } = parts.limits;
  const left = takeToken(session.messages, messagesPerSecond, messagesBurst, parts.clock());
  if (left >= 0) return false;
  const hasJustCrossed = left >= -1;
  if (hasJustCrossed) parts.events.limitReached({ ...connection.subject(), limit: 'messagesPerSecond' });
  if (qos === 1 || left <= -messagesBurst) connection.close('rate');
  return true;
}

/** Requests about sub-devices, which only a connection's own device may make. */
function isGatewayRequest(kind: UplinkKind): boolean {
  return kind.startsWith('combine-') || kind.startsWith('topo-');
}

function ignore(parts: GatewayParts, uplink: Uplink): undefined {
  parts.events.uplinkIgnored({ device: uplink.session.device, topic: uplink.topic });
}
