/** The three ways in: TCP, TLS with a certificate made for the run, WebSocket behind an HTTP server. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import type { MqttGateway } from '../../../src/mqtt/gateway.ts';
import { RawClient } from './raw-client.ts';

const OPENSSL = '/usr/bin/openssl';
export const TLS_SKIP_REASON = existsSync(OPENSSL)
  ? false
  : 'no openssl on this machine to make a certificate with';

export type Transport = AsyncDisposable & { port: number; connect(): Promise<RawClient> };

export function selfSignedCertificate(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'opencota-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const output = ['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'];
  execFileSync(OPENSSL, ['req', '-x509', ...curve, ...output], { stdio: 'ignore' });
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

export async function overTcp(gateway: MqttGateway): Promise<Transport> {
  const { port } = await gateway.listenTcp({ host: '127.0.0.1', port: 0 });
  return { port, connect: () => RawClient.tcp(port), [Symbol.asyncDispose]: async () => {} };
}

export async function overTls(gateway: MqttGateway): Promise<Transport> {
  const { port } = await gateway.listenTls({ host: '127.0.0.1', port: 0, ...selfSignedCertificate() });
  const connect = async () => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    const client = new RawClient(socket);
    await once(socket, 'secureConnect');
    return client;
  };
  return { port, connect, [Symbol.asyncDispose]: async () => {} };
}

export async function overWebSocket(gateway: MqttGateway, subprotocol = 'mqtt'): Promise<Transport> {
  const server = createServer();
  server.on('upgrade', (request, socket, head) => gateway.handleUpgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  const connect = async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, subprotocol);
    const stream = createWebSocketStream(webSocket);
    webSocket.once('close', () => stream.destroy());
    const client = new RawClient(stream);
    await once(webSocket, 'open');
    return client;
  };
  return {
    port,
    connect,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
