/**
 * Where connections come from: TCP, TLS and WebSocket. Each yields a byte stream for a `Connection`.
 *
 * Admission is asked when the TCP connection arrives, before a TLS handshake or a WebSocket upgrade
 * costs anything. Sockets are read by `data` events: on Node 26 a `read()` returns one segment only.
 */
import { constants } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { TlsKeyOf } from '../domain/gateway-port.ts';
import type { Admission } from './admission.ts';
import type { Origin } from './connection.ts';
import type { MqttEvents } from './events.ts';
import type { MqttLimits } from './limits.ts';

export type ListenersOptions = {
  limits: MqttLimits;
  events: MqttEvents;
  admission: Admission;
  /** A byte stream is ready. Its place in the admission is given back when it closes. */
  accepted(carrier: Duplex, origin: Origin): void;
};

export type TcpAddress = { host: string; port: number };
/** `keyOf` lets devices in that have no certificate to check ours with: TLS with a pre-shared key. */
export type TlsAddress = TcpAddress & { cert: string | Buffer; key: string | Buffer; keyOf?: TlsKeyOf };

const BACKLOG_CONNECTIONS = 1_024;
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];
/** Forward secrecy and authenticated encryption only; TLS 1.3 brings its own. */
const TLS12_CIPHERS = 'ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL';
/**
 * Behind the others, so that a client that knows both takes a certificate. The last is the only one Link SDKs offer;
 * it has no forward secrecy.
 */
const PSK_CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305:PSK-AES128-GCM-SHA256:PSK-AES128-CBC-SHA';

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #servers: Server[] = [];
  readonly #webSockets: WebSocketServer;
  #isClosed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.limits.webSocketFrameBytesMax,
      handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
    });
  }

  listenTcp(address: TcpAddress): Promise<{ port: number }> {
    const server = createServer({ noDelay: true }, (socket) => {
      const remoteAddress = this.#admit(socket);
      if (remoteAddress !== undefined) this.#options.accepted(socket, { remoteAddress, isEncrypted: false });
    });
    return this.#listen(server, address);
  }

  listenTls({ cert, key, keyOf, ...address }: TlsAddress): Promise<{ port: number }> {
    const handshakes = new Handshakes(this.#options.admission);
    const tls = createTlsServer({
      cert,
      key,
      minVersion: 'TLSv1.2',
      // `disableRenegotiation()` of a socket lets the second handshake through and only reports it.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...(keyOf === undefined ? { ciphers: TLS12_CIPHERS } : pskOptions(keyOf)),
      handshakeTimeout: this.#options.limits.connectMs,
      noDelay: true,
    });
    tls.on('secureConnection', (socket) => {
      socket.on('error', ignoreError);
      const remoteAddress = handshakes.finish(socket);
      if (remoteAddress !== undefined) this.#options.accepted(socket, { remoteAddress, isEncrypted: true });
      else socket.destroy();
    });
    // A failed handshake is the client's matter; the socket is closed by then or here.
    tls.on('tlsClientError', (_error, socket) => socket.destroy());
    const server = createServer({ noDelay: true }, (socket) => {
      const remoteAddress = this.#admit(socket);
      if (remoteAddress === undefined) return;
      if (handshakes.start(socket, remoteAddress)) tls.emit('connection', socket);
      else socket.destroy();
    });
    return this.#listen(server, address);
  }

  /** An HTTP upgrade to MQTT over WebSocket (MQTT 3.1.1, section 6). */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, said: Partial<Origin>): void {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (this.#isClosed || !offered.some((name) => SUBPROTOCOLS.includes(name))) {
      refuseUpgrade(socket, this.#isClosed ? '503 Service Unavailable' : '400 Bad Request');
      return;
    }
    const remoteAddress = this.#admit(request.socket, said.remoteAddress);
    if (remoteAddress === undefined) return;
    const { isEncrypted = false } = said;
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#options.accepted(byteStream(webSocket), { remoteAddress, isEncrypted });
    });
  }

  /** Stops accepting at once; resolves when the connections that exist have closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const servers = this.#servers.splice(0);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  /** Counts a socket in until it closes. @returns undefined when it was turned away. */
  #admit(socket: Socket, sender = socket.remoteAddress): string | undefined {
    const { admission, events } = this.#options;
    const remoteAddress = plainAddress(sender);
    socket.on('error', ignoreError);
    if (remoteAddress === undefined) {
      socket.destroy();
      return undefined;
    }
    const limit = admission.enter(remoteAddress);
    if (limit !== undefined) {
      events.limitReached({ remoteAddress, limit });
      events.connectionRefused({ remoteAddress, reason: 'too-many-connections' });
      socket.destroy();
      return undefined;
    }
    socket.once('close', () => admission.leave(remoteAddress));
    return remoteAddress;
  }

  #listen(server: Server, { host, port }: TcpAddress): Promise<{ port: number }> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: BACKLOG_CONNECTIONS }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.events.listenerFailed({ error }));
        this.#servers.push(server);
        // A listening TCP server's address is never a path or null.
        resolve({ port: (server.address() as AddressInfo).port });
      });
    });
  }
}

/** The callback is asked for TLS 1.3 tickets too, which are no device's identity: null lets the handshake go on. */
function pskOptions(keyOf: TlsKeyOf): TlsOptions {
  return {
    ciphers: `${TLS12_CIPHERS}:${PSK_CIPHERS}`,
    pskCallback: (socket, identity) => keyOf(identity, plainAddress(socket.remoteAddress) ?? '') ?? null,
  };
}

/** TLS handshakes under way. They wait like connections without a CONNECT and can be evicted. */
class Handshakes {
  readonly #admission: Admission;
  readonly #byPeer = new Map<string, { evict(): void; remoteAddress: string }>();

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  start(socket: Socket, remoteAddress: string): boolean {
    const peer = peerOf(socket);
    const waiting = { evict: () => socket.destroy(), remoteAddress };
    if (!this.#admission.wait(waiting)) return false;
    this.#byPeer.set(peer, waiting);
    socket.once('close', () => {
      this.#admission.settle(waiting);
      this.#byPeer.delete(peer);
    });
    return true;
  }

  finish(socket: TLSSocket): string | undefined {
    const waiting = this.#byPeer.get(peerOf(socket));
    if (waiting === undefined) return undefined;
    this.#admission.settle(waiting);
    return waiting.remoteAddress;
  }
}

function peerOf(socket: Socket): string {
  return `${socket.localPort} ${socket.remoteAddress} ${socket.remotePort}`;
}

/**
 * A WebSocket as a byte stream. Text frames are a fault (MQTT-6.0.0-1). The stream is destroyed when
 * the WebSocket closes, because by itself it would stay half open and its connection with it.
 */
function byteStream(webSocket: WebSocket): Duplex {
  webSocket.on('message', (_data, isBinary) => {
    if (!isBinary) webSocket.terminate();
  });
  webSocket.on('error', ignoreError);
  const stream = createWebSocketStream(webSocket);
  stream.on('error', ignoreError);
  webSocket.once('close', () => stream.destroy());
  return stream;
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', ignoreError);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** IPv4 addresses look the same on a dual-stack listener. undefined when the peer has gone already. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** `close` follows every error, and the connection's end is handled there. */
function ignoreError(): void {}
