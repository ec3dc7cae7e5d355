/**
 * The floor: the least program that does the same wire work on bare `node:net` and `node:http`.
 *
 * It checks one HMAC for a CONNECT and one for a download, answers every request with the same reply,
 * pushes the same message to everyone, and acknowledges what it is sent. It stores nothing, limits
 * nothing, times nothing out and believes whatever is in a packet. No server can be faster in this
 * language; how near one comes is what its promises cost.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connectSignContent, parseDeviceClaim } from '@opencota/contract/alink/credentials';
import {
  encodeConfigGetReply,
  encodeConfigPush,
  encodeContent,
  INLINE_PARAMETER,
} from '@opencota/contract/alink/messages';
import { downlinkTopic } from '@opencota/contract/alink/topics';
import type { FloorAnswer, FloorCommand } from './messages.ts';

const ACCEPTED = Buffer.from([0x20, 2, 0, 0]);
const REFUSED = Buffer.from([0x20, 2, 0, 4]);
const LINK_KEY = 'floor';
/** As many characters as a real link has. */
const CLAIMS = 'c'.repeat(46);
const MAC_CHARS = 22;
const PUSH_ID = 1;

type Peer = { socket: Socket; rest: Buffer; pushTopic: string; replyTopic: string; push: Buffer };

const secrets = new Map<string, string>();
const peers = new Set<Peer>();
let configuration = Buffer.alloc(0);
let push = Buffer.alloc(0);
/** With the content in it, for those that take it there. */
let inlinePush = Buffer.alloc(0);
let reply = Buffer.alloc(0);

const http = createHttpServer((request, response) => {
  const token = request.url!.slice('/d/'.length);
  const mac = Buffer.from(macOf(token.slice(0, -MAC_CHARS)));
  const isGenuine = timingSafeEqual(mac, Buffer.from(token.slice(-MAC_CHARS).padEnd(MAC_CHARS)));
  response.writeHead(isGenuine ? 200 : 403, {
    'Content-Type': 'application/json',
    'Content-Length': configuration.length,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-store',
  });
  response.end(configuration);
});

const mqtt = createServer({ noDelay: true }, (socket) => {
  const peer: Peer = { socket, rest: Buffer.alloc(0), pushTopic: '', replyTopic: '', push };
  socket.on('data', (chunk: Buffer) => receive(peer, chunk));
  socket.on('error', () => {});
  socket.on('close', () => peers.delete(peer));
});

process.on('message', (command: FloorCommand) => {
  if (command.kind === 'open') open(command);
  else for (const peer of peers) peer.socket.write(publish(peer.pushTopic, peer.push, PUSH_ID));
});
process.on('disconnect', () => process.exit(0));

function open({ devices, configuration: text }: FloorCommand & { kind: 'open' }): void {
  for (const { deviceName, productKey, deviceSecret } of devices)
    secrets.set(`${deviceName}&${productKey}`, deviceSecret);
  configuration = Buffer.from(text);
  http.listen(0, '127.0.0.1', () => {
    mqtt.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, () => {
      // TCP listeners have such addresses.
      const [httpPort, mqttPort] = [http, mqtt].map((each) => (each.address() as AddressInfo).port);
      const file = {
        configId: 'c0000000000000000001',
        configSize: configuration.length,
        sign: hash('sha256', configuration),
        url: `http://127.0.0.1:${httpPort}/d/${CLAIMS}${macOf(CLAIMS)}`,
        configVersion: 1,
      };
      push = Buffer.from(encodeConfigPush(PUSH_ID, file));
      inlinePush = Buffer.from(encodeConfigPush(PUSH_ID, { ...file, content: encodeContent(configuration) }));
      reply = Buffer.from(encodeConfigGetReply('1', file));
      const answer: FloorAnswer = { kind: 'ready', ports: { httpPort: httpPort!, mqttPort: mqttPort! } };
      process.send!(answer);
    });
  });
}

function macOf(claims: string): string {
  return createHmac('sha256', LINK_KEY).update(claims).digest('base64url').slice(0, MAC_CHARS);
}

function receive(peer: Peer, chunk: Buffer): void {
  const bytes = peer.rest.length === 0 ? chunk : Buffer.concat([peer.rest, chunk]);
  let at = 0;
  for (;;) {
    let digits = 1;
    let length = 0;
    while ((bytes[at + digits] ?? 0) >= 0x80) {
      length += (bytes[at + digits]! & 0x7f) * 128 ** (digits - 1);
      digits++;
    }
    length += (bytes[at + digits] ?? 0) * 128 ** (digits - 1);
    const end = at + 1 + digits + length;
    if (at + digits >= bytes.length || end > bytes.length) break;
    handle(peer, bytes[at]!, bytes.subarray(at + 1 + digits, end));
    at = end;
  }
  peer.rest = bytes.subarray(at);
}

function handle(peer: Peer, header: number, body: Buffer): void {
  switch (header >> 4) {
    case 1:
      signIn(peer, body);
      return;
    case 3: {
      // At QoS 1 a report, to be acknowledged; at QoS 0 a request, to be answered.
      const isReport = (header & 6) !== 0;
      const idAt = 2 + body.readUInt16BE(0);
      if (isReport) peer.socket.write(Buffer.from([0x40, 2, body[idAt]!, body[idAt + 1]!]));
      else peer.socket.write(publish(peer.replyTopic, reply));
      return;
    }
    case 14:
      peer.socket.end();
      return;
  }
}

/** Flags and keep-alive are taken as read: protocol name, level, flags and keep-alive are ten bytes. */
function signIn(peer: Peer, body: Buffer): void {
  const texts: string[] = [];
  for (let at = 10; at < body.length; ) {
    const end = at + 2 + body.readUInt16BE(at);
    texts.push(body.toString('utf8', at + 2, end));
    at = end;
  }
  const [clientId = '', userName = '', password = ''] = texts;
  const claim = parseDeviceClaim(clientId, userName, password);
  const secret = secrets.get(userName);
  if ('refusal' in claim || secret === undefined) {
    peer.socket.end(REFUSED);
    return;
  }
  const { productKey, deviceName, parameters } = claim;
  const signed = { clientId: claim.clientId, productKey, deviceName, timestamp: parameters.get('timestamp') };
  const mac = createHmac('sha256', secret).update(connectSignContent(signed)).digest();
  const isGenuine = timingSafeEqual(mac, Buffer.from(password.padEnd(64, '0').slice(0, 64), 'hex'));
  if (!isGenuine) {
    peer.socket.end(REFUSED);
    return;
  }
  peer.pushTopic = downlinkTopic.configPush(productKey, deviceName);
  peer.replyTopic = downlinkTopic.configGetReply(productKey, deviceName);
  peer.push = parameters.get(INLINE_PARAMETER) === '1' ? inlinePush : push;
  peers.add(peer);
  peer.socket.write(ACCEPTED);
}

/** At QoS 1 with a packet id, else at QoS 0. Topics are ASCII; remaining lengths here take two digits. */
function publish(topic: string, payload: Buffer, packetId?: number): Buffer {
  const idBytes = packetId === undefined ? 0 : 2;
  const length = 2 + topic.length + idBytes + payload.length;
  const packet = Buffer.allocUnsafe(3 + length);
  packet[0] = packetId === undefined ? 0x30 : 0x32;
  packet[1] = (length & 0x7f) | 0x80;
  packet[2] = length >> 7;
  packet.writeUInt16BE(topic.length, 3);
  packet.write(topic, 5, 'latin1');
  if (packetId !== undefined) packet.writeUInt16BE(packetId, 5 + topic.length);
  packet.set(payload, 5 + topic.length + idBytes);
  return packet;
}
