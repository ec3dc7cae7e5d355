/**
 * A small MQTT server on a real socket, for one device at a time. It records what the device says,
 * can say anything to it, and can misbehave in the ways a test asks for.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet';

/** A test that waits longer for something has failed. */
export const WAIT_MS_MAX = 5_000;

export type Published = { topic: string; qos: number; body: Record<string, unknown> };

/** What a test may change at any time. */
export type Behaviour = {
  /** CONNACK codes for the next connections; when they are used up, 0. */
  connackCodes: number[];
  /** True: nothing is answered at all. */
  isSilent: boolean;
  /** False: publishes with QoS 1 are received but not acknowledged. */
  isAcknowledging: boolean;
  /** The SUBACK code for every filter. */
  subackCode: number;
  /** The `get_reply` to a `get`, or undefined for silence. */
  answerGet: (get: Record<string, unknown>) => string | undefined;
};

export type TestBroker = {
  host: string;
  behaviour: Behaviour;
  connects: IConnectPacket[];
  subscriptions: { topic: string; qos: number }[];
  published: Published[];
  /** The next message published on a topic with this ending that has not been taken yet. */
  take(ending: string): Promise<Published>;
  /** Resolves when the device has connected and subscribed this often in all. */
  subscribed(times: number): Promise<void>;
  /** Publishes to the device, QoS 1. */
  send(topic: string, text: string): void;
  /** Cuts the connection without a word. */
  drop(): void;
  close(): Promise<void>;
};

/** Everything a broker has seen and is set to. */
type Seen = Pick<TestBroker, 'behaviour' | 'connects' | 'subscriptions' | 'published'> & {
  sockets: Set<Socket>;
  untaken: Published[];
  changed: EventTarget;
  subscribes: number;
  lastId: number;
};

export async function startBroker(): Promise<TestBroker> {
  const seen = newSeen();
  const { behaviour, connects, subscriptions, published, sockets } = seen;
  const server = createServer({ noDelay: true }, (socket) => accept(seen, socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour,
    connects,
    subscriptions,
    published,
    take: (ending) => take(seen, ending),
    subscribed: (times) => subscribed(seen, times),
    send: (topic, text) => send(seen, topic, text),
    drop,
    async close() {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}

function newSeen(): Seen {
  return {
    behaviour: {
      connackCodes: [],
      isSilent: false,
      isAcknowledging: true,
      subackCode: 1,
      answerGet: () => undefined,
    },
    connects: [],
    subscriptions: [],
    published: [],
    sockets: new Set(),
    untaken: [],
    changed: new EventTarget(),
    subscribes: 0,
    lastId: 0,
  };
}

function accept(seen: Seen, socket: Socket): void {
  seen.sockets.add(socket);
  const read = parser({ protocolVersion: 4 });
  read.on('packet', (packet) => {
    if (seen.behaviour.isSilent) return;
    handle(seen, socket, packet);
    seen.changed.dispatchEvent(new Event('change'));
  });
  socket.on('data', (bytes) => read.parse(Buffer.from(bytes)));
  socket.on('close', () => seen.sockets.delete(socket));
  socket.on('error', () => {});
}

function handle(seen: Seen, socket: Socket, packet: Packet): void {
  const { behaviour } = seen;
  switch (packet.cmd) {
    case 'connect': {
      seen.connects.push(packet);
      const returnCode = behaviour.connackCodes.shift() ?? 0;
      socket.write(generate({ cmd: 'connack', returnCode, sessionPresent: false }));
      if (returnCode !== 0) socket.end();
      break;
    }
    case 'subscribe': {
      seen.subscriptions.push(...packet.subscriptions.map(({ topic, qos }) => ({ topic, qos })));
      const granted = packet.subscriptions.map(() => behaviour.subackCode);
      socket.write(generate({ cmd: 'suback', messageId: packet.messageId!, granted }));
      seen.subscribes += 1;
      break;
    }
    case 'publish':
      handlePublish(seen, socket, packet);
      break;
    case 'pingreq':
      socket.write(generate({ cmd: 'pingresp' }));
      break;
    case 'disconnect':
      socket.end();
      break;
  }
}

function handlePublish(seen: Seen, socket: Socket, packet: IPublishPacket): void {
  const { behaviour } = seen;
  const message = { topic: packet.topic, qos: packet.qos, body: JSON.parse(String(packet.payload)) };
  seen.published.push(message);
  seen.untaken.push(message);
  if (packet.qos === 1 && behaviour.isAcknowledging) {
    socket.write(generate({ cmd: 'puback', messageId: packet.messageId! }));
  }
  const answer = packet.topic.endsWith('/config/get') ? behaviour.answerGet(message.body) : undefined;
  if (answer !== undefined) send(seen, `${packet.topic}_reply`, answer);
}

function send(seen: Seen, topic: string, payload: string): void {
  seen.lastId += 1;
  const { lastId: messageId, sockets } = seen;
  const packet = generate({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId });
  for (const socket of sockets) socket.write(packet);
}

async function take({ untaken, changed }: Seen, ending: string): Promise<Published> {
  const signal = AbortSignal.timeout(WAIT_MS_MAX);
  for (;;) {
    const at = untaken.findIndex(({ topic }) => topic.endsWith(ending));
    if (at >= 0) return untaken.splice(at, 1)[0]!;
    await once(changed, 'change', { signal });
  }
}

async function subscribed(seen: Seen, times: number): Promise<void> {
  const signal = AbortSignal.timeout(WAIT_MS_MAX);
  while (seen.subscribes < times) await once(seen.changed, 'change', { signal });
}
