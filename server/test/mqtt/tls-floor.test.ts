/** What the TLS port agrees to: version, ciphers, and no second handshake on a connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { type Harness, startGateway, until } from './support/harness.ts';
import { overTls, TLS_SKIP_REASON, type Transport } from './support/transports.ts';

const skip = TLS_SKIP_REASON;
let harness: Harness;
let transport: Transport;
before(async () => {
  if (skip) return;
  harness = await startGateway();
  transport = await overTls(harness.gateway);
});
after(() => harness?.[Symbol.asyncDispose]());

/** The version and cipher that were agreed on, or why none was. */
async function shake(options: ConnectionOptions): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: transport.port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return `${socket.getProtocol()} ${socket.getCipher().name}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'refused';
  } finally {
    socket.destroy();
  }
}

test('TLS 1.2 and 1.3 are spoken, and nothing older', { skip }, async () => {
  assert.match(await shake({}), /^TLSv1\.3 /);
  assert.match(await shake({ maxVersion: 'TLSv1.2' }), /^TLSv1\.2 ECDHE-.*(GCM|CHACHA20)/);
  // Security level 0 lets the client itself offer what is long dead.
  const old: ConnectionOptions = { minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' };
  for (const maxVersion of ['TLSv1.1', 'TLSv1'] as const)
    assert.match(await shake({ ...old, maxVersion }), /PROTOCOL|ALERT|VERSION|ECONNRESET/i);
});

test('ciphers without forward secrecy or authenticated encryption are refused', { skip }, async () => {
  for (const ciphers of [
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA',
    'AES128-GCM-SHA256',
    'AES256-SHA',
  ])
    assert.match(
      await shake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}@SECLEVEL=0` }),
      /HANDSHAKE|ALERT|ECONNRESET/i,
      ciphers,
    );
});

// Node's disableRenegotiation only reports the second handshake; OpenSSL's own option refuses it.
test('a client that asks for a second handshake gets none', { skip }, async () => {
  const options = { host: '127.0.0.1', port: transport.port, rejectUnauthorized: false } as const;
  const socket: TLSSocket = connect({ ...options, maxVersion: 'TLSv1.2' });
  await once(socket, 'secureConnect');
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('error', (error) => resolve(error.message));
  socket.on('close', () => resolve('closed'));
  socket.renegotiate({}, (error) => resolve(error === null ? 'a second handshake' : error.message));
  socket.resume();
  assert.notEqual(await promise, 'a second handshake');
  socket.destroy();
  await until(() => harness.gateway.stats().connections === 0, 'the connection is gone');
});
