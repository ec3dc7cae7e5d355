/**
 * As much of a server as a device sees: MQTT by an implementation that is not ours, and one file over HTTP.
 * It records what it is told and misbehaves where a test asks for it.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet';

export const PRODUCT_KEY = 'a1simulated';
export const SECRET = 'f00dfacef00dfacef00dfacef00dface';
export const CONTENT = JSON.stringify({ dayCelsius: 21, schedule: 'x'.repeat(2_000) });

export type Offered = { id: string; version?: number; sha256?: string; spelling?: 'lower' };

export type FakeServer = AsyncDisposable & {
  readonly mqttUrl: string;
  readonly connects: IConnectPacket[];
  readonly subscriptions: string[];
  readonly published: { topic: string; qos: number; body: Record<string, unknown>; text: string }[];
  /** Packet ids of our pushes that were acknowledged. */
  readonly pubacks: number[];
  readonly downloads: IncomingMessage[];
  /** False: replies are received and not acknowledged. */
  isAcknowledging: boolean;
  push(deviceName: string, offered: Offered): void;
};

type State = {
  seen: Omit<FakeServer, 'mqttUrl' | 'push' | typeof Symbol.asyncDispose>;
  sockets: Map<string, Socket>;
  httpPort: number;
  lastPacketId: number;
};

export async function startFakeServer(): Promise<FakeServer> {
  const state: State = {
    seen: {
      connects: [],
      subscriptions: [],
      published: [],
      pubacks: [],
      downloads: [],
      isAcknowledging: true,
    },
    sockets: new Map(),
    httpPort: 0,
    lastPacketId: 0,
  };
  const http = createHttpServer((request, response) => serve(state, request, response));
  const mqtt = createServer((socket) => accept(state, socket));
  state.httpPort = await listen(http);
  const mqttPort = await listen(mqtt);
  return Object.assign(state.seen, {
    mqttUrl: `mqtt://127.0.0.1:${mqttPort}`,
    push: (deviceName: string, offered: Offered) => push(state, deviceName, offered),
    async [Symbol.asyncDispose]() {
      for (const socket of state.sockets.values()) socket.destroy();
      http.closeAllConnections();
      await Promise.all([http, mqtt].map((server) => once(server.close(), 'close')));
    },
  });
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A TCP server that listens has such an address.
  return (server.address() as AddressInfo).port;
}

function accept(state: State, socket: Socket): void {
  const read = parser({ protocolVersion: 4 });
  read.on('packet', (packet) => handle(state, socket, packet));
  socket.on('data', (bytes: Buffer) => read.parse(bytes));
  socket.on('error', () => {});
}

function handle({ seen, sockets }: State, socket: Socket, packet: Packet): void {
  switch (packet.cmd) {
    case 'connect':
      seen.connects.push(packet);
      sockets.set(packet.username!.split('&')[0]!, socket);
      socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }));
      return;
    case 'subscribe':
      seen.subscriptions.push(...packet.subscriptions.map(({ topic }) => topic));
      socket.write(generate({ cmd: 'suback', messageId: packet.messageId!, granted: [1, 1] }));
      return;
    case 'publish':
      handlePublish(seen, socket, packet);
      return;
    case 'puback':
      seen.pubacks.push(packet.messageId!);
      return;
    case 'disconnect':
      socket.end();
  }
}

function handlePublish(seen: State['seen'], socket: Socket, packet: IPublishPacket): void {
  const text = String(packet.payload);
  seen.published.push({ topic: packet.topic, qos: packet.qos, body: JSON.parse(text), text });
  if (packet.qos === 1 && seen.isAcknowledging) {
    socket.write(generate({ cmd: 'puback', messageId: packet.messageId! }));
  }
  if (!packet.topic.endsWith('/config/get')) return;
  const payload = '{"code":6710,"data":{},"id":"1","message":"no data"}';
  const answer = { cmd: 'publish', topic: `${packet.topic}_reply`, payload, qos: 0 } as const;
  socket.write(generate({ ...answer, dup: false, retain: false }));
}

function push(state: State, deviceName: string, { id, version, sha256, spelling }: Offered): void {
  state.lastPacketId += 1;
  const params = {
    configId: 'c1',
    configSize: Buffer.byteLength(CONTENT),
    getType: 'file',
    sign: sha256 ?? createHash('sha256').update(CONTENT).digest('hex'),
    signMethod: 'Sha256',
    url: `http://127.0.0.1:${state.httpPort}/${spelling ?? 'exact'}`,
    ...(version === undefined ? {} : { configVersion: version }),
  };
  const payload = JSON.stringify({ id, version: '1.0', params, method: 'thing.config.push' });
  const topic = `/sys/${PRODUCT_KEY}/${deviceName}/thing/config/push`;
  const messageId = state.lastPacketId;
  const packet = { cmd: 'publish', topic, payload, qos: 1, messageId, dup: false, retain: false } as const;
  state.sockets.get(deviceName)!.write(generate(packet));
}

function serve({ seen }: State, request: IncomingMessage, response: ServerResponse): void {
  seen.downloads.push(request);
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const bytes = Buffer.from(CONTENT).subarray(start);
  const name = request.url === '/lower' ? 'content-length' : 'Content-Length';
  response.writeHead(request.headers.range === undefined ? 200 : 206, {
    [name]: bytes.length,
    'Content-Range': `bytes ${start}-${start + bytes.length - 1}/${CONTENT.length}`,
  });
  response.end(bytes);
}
