import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { WebSocket } from 'ws';
import { PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway, until } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';
import { overWebSocket } from './support/transports.ts';

const PUSH_REPLY = `/sys/${PRODUCT_KEY}/lamp-1/thing/config/push_reply`;

test('draining closes every connection, tells the core, and takes no new one', async () => {
  await using harness = await startGateway({ drainMs: 200 });
  await using transport = await overWebSocket(harness.gateway);
  const devices = Array.from({ length: 10 }, (_, index) => harness.core.addDevice(`lamp-${index}`));
  const clients = await Promise.all(devices.map((device) => RawClient.signedIn(harness.port, device)));
  await using silent = await RawClient.tcp(harness.port);

  const drained = harness.gateway.drain();
  const late = connect({ host: '127.0.0.1', port: harness.port });
  const [error] = await once(late, 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  const upgrade = new WebSocket(`ws://127.0.0.1:${transport.port}/mqtt`, 'mqtt');
  assert.match(String((await once(upgrade, 'error'))[0]), /503/);

  await drained;
  await Promise.all([...clients, silent].map((client) => client.closed));
  assert.equal(harness.core.closed.length, 10);
  assert.deepEqual([harness.gateway.sessionCount(), harness.gateway.stats().connections], [0, 0]);
});

test('a report that is being stored when draining begins is still acknowledged', async () => {
  await using harness = await startGateway({ drainMs: 4_000 });
  const gate = Promise.withResolvers<void>();
  let isAsked = false;
  harness.core.reportReply = () => {
    isAsked = true;
    return gate.promise;
  };
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(PUSH_REPLY, '{"id":"1","code":200}', 1);
  await until(() => isAsked, 'the report is being stored');
  const drained = harness.gateway.drain();
  gate.resolve();
  assert.equal((await client.next()).cmd, 'puback');
  await drained;
  await client.closed;
});

test('a report that is never stored does not hold the drain up', async () => {
  await using harness = await startGateway({ drainMs: 100 });
  harness.core.reportReply = () => new Promise(() => {});
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(PUSH_REPLY, '{"id":"1","code":200}', 1);
  await until(() => harness.gateway.stats().packetsReceived === 2, 'the report is read');
  await harness.gateway.drain();
  await client.closed;
  await assert.rejects(client.next(), /closed/, 'no PUBACK');
});
