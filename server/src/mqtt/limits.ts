/**
 * Every limit of the device gateway, with its unit and why it has this value.
 *
 * A limit is a promise in two directions: memory stays flat under hostile input, and an honest
 * device never meets it. Where Link SDKs are known to need room (a gateway device that subscribes
 * sixteen topics for each of a hundred sub-devices), the value is generous and something cheaper
 * bounds the cost.
 */
export type MqttLimits = {
  /** Open connections in all, those not signed in included. */
  connectionsMax: number;
  /** Open connections of one remote address. High, because a whole fleet may sit behind one NAT. */
  connectionsPerAddressMax: number;
  /** Connections not signed in yet. Beyond, the one that has waited longest for its CONNECT goes. */
  unauthenticatedConnectionsMax: number;
  /** Sign-ins the core is asked at the same time. The others wait, bounded by the limit above. */
  authenticationsInFlightMax: number;
  /** Registrations written at a time, apart from sign-ins, which write nothing. */
  registrationsInFlightMax: number;

  /** A packet before CONNECT was accepted: header, 512 characters of client id, names, a token. */
  connectPacketBytesMax: number;
  /** The payload of a PUBLISH; Alink's own limit. */
  payloadBytesMax: number;
  /** A whole packet: the payload, its topic, its header. */
  packetBytesMax: number;
  /** One WebSocket frame. Smaller than a packet, because it is buffered before sign-in too. */
  webSocketFrameBytesMax: number;
  /** A topic name or filter. The C SDK's own buffer holds 128. */
  topicBytesMax: number;
  /** Levels of a topic name or filter. Alink's longest has ten. */
  topicLevelsMax: number;
  /** Filters of one SUBSCRIBE. A reconnecting gateway device repeats those of all its sub-devices. */
  filtersPerSubscribeMax: number;

  /** Shortest keep-alive accepted; 1 up to this are refused, as Alink documents. */
  keepAliveSecondsMin: number;
  /** Longest keep-alive granted; 0 and anything longer are treated as this. */
  keepAliveSecondsMax: number;
  /** From accepting the connection to CONNACK: TLS handshake, CONNECT and sign-in, each. */
  connectMs: number;
  /** Life of a registration connection after its answer. */
  registrationMs: number;
  /** How long a connection that was ended politely may stay before it is destroyed. */
  closeMs: number;
  /** How often all connections are looked over for deadlines and slow readers. */
  sweepIntervalMs: number;
  /** How long `drain` spreads the closing of connections. */
  drainMs: number;

  /** Bytes waiting for a slow reader, beyond which its connection is dropped. */
  outgoingBytesMax: number;
  /** Pushes sent and not acknowledged yet, for each device that speaks on a connection; beyond, `push` answers false. */
  inFlightPushesMax: number;
  /** Uplinks of one connection being stored; beyond, its socket is not read. */
  pendingUplinksMax: number;

  /** Refused sign-ins of one address in a minute, after which it is answered CONNACK 5. */
  failedSignInsPerAddressPerMinute: number;
  /** Refused sign-ins of one device from one address in a minute. Other addresses are unaffected. */
  failedSignInsPerDevicePerMinute: number;
  /** Messages of one device: sustained rate and burst. Topology and login requests do not count. */
  messagesPerSecond: number;
  messagesBurst: number;
  /** Packets of one connection of any type: sustained rate and burst. */
  packetsPerSecond: number;
  packetsBurst: number;
  /** `thing/config/get` of one device: sustained rate and burst; kept across reconnects. */
  getsPerMinute: number;
  getsBurst: number;
  /** Times one device may take its own session over in a minute before two devices are suspected. */
  takeoversPerMinute: number;
  /** Entries of each table of counters; the oldest goes when one is full. */
  throttleEntriesMax: number;

  /** Sub-devices online behind one gateway device (Alink 89300). */
  subDevicesPerGatewayMax: number;
  /** Logins of one sub-device in a minute (Alink 89300). */
  subDeviceLoginsPerMinute: number;
  /** Devices in one `topo/add`, `topo/delete`, `sub/register` or `product_register` (the last is not documented). */
  devicesPerTopoRequestMax: number;
  /** Devices in one `combine/batch_login` or `batch_logout`. */
  devicesPerBatchMax: number;
};

const KIB = 1024;

export const DEFAULT_MQTT_LIMITS: MqttLimits = {
  connectionsMax: 50_000,
  connectionsPerAddressMax: 20_000,
  unauthenticatedConnectionsMax: 4_000,
  authenticationsInFlightMax: 64,
  registrationsInFlightMax: 8,

  connectPacketBytesMax: 4 * KIB,
  payloadBytesMax: 256 * KIB,
  packetBytesMax: 260 * KIB,
  webSocketFrameBytesMax: 32 * KIB,
  topicBytesMax: 256,
  topicLevelsMax: 16,
  filtersPerSubscribeMax: 5_000,

  keepAliveSecondsMin: 30,
  keepAliveSecondsMax: 1_200,
  connectMs: 10_000,
  registrationMs: 10_000,
  closeMs: 2_000,
  sweepIntervalMs: 1_000,
  drainMs: 5_000,

  outgoingBytesMax: 64 * KIB,
  inFlightPushesMax: 16,
  pendingUplinksMax: 16,

  failedSignInsPerAddressPerMinute: 600,
  failedSignInsPerDevicePerMinute: 10,
  messagesPerSecond: 30,
  messagesBurst: 300,
  packetsPerSecond: 200,
  packetsBurst: 5_000,
  getsPerMinute: 30,
  getsBurst: 10,
  takeoversPerMinute: 5,
  throttleEntriesMax: 50_000,

  subDevicesPerGatewayMax: 2_000,
  subDeviceLoginsPerMinute: 5,
  devicesPerTopoRequestMax: 30,
  devicesPerBatchMax: 50,
};
