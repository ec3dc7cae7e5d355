import type { DeviceCore, SignedInDevice } from '../../src/domain/gateway-port.ts';
import { createMqttGateway } from '../../src/mqtt/gateway.ts';
import { type ConnectedDevice, gatewayConformance } from '../conformance/gateway.ts';
import { RecordedEvents } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';

gatewayConformance('the MQTT gateway', async (core: DeviceCore) => {
  const gateway = createMqttGateway({ core, events: new RecordedEvents().sink() });
  const { port } = await gateway.listenTcp({ host: '127.0.0.1', port: 0 });
  const clients: RawClient[] = [];
  const connect = async (device: SignedInDevice) => {
    const client = await RawClient.signedIn(port, { ...device, deviceSecret: 'any' });
    clients.push(client);
    return connected(client, device);
  };
  const dispose = async () => {
    await gateway[Symbol.asyncDispose]();
    await Promise.all(clients.map((client) => client.closed));
  };
  return { gateway, connect, [Symbol.asyncDispose]: dispose };
});

function connected(client: RawClient, { productKey, deviceName }: SignedInDevice): ConnectedDevice {
  const topic = (suffix: string) => `/sys/${productKey}/${deviceName}/thing/config/${suffix}`;
  return {
    dropped: client.closed,
    nextPush: async () => {
      const { text, messageId } = await client.nextMessage();
      return { payload: text, receive: () => client.send({ cmd: 'puback', messageId }) };
    },
    nextTopologyChange: async () => (await client.nextMessage()).text,
    ask: async (payload) => {
      client.publish(topic('get'), payload);
      return (await client.nextMessage()).text;
    },
    report: async (payload) => {
      client.publish(topic('push_reply'), payload, 1);
      const packet = await client.next();
      if (packet.cmd !== 'puback') throw new Error(`a ${packet.cmd} came`);
    },
    unsubscribeFromPushes: async () => {
      client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [topic('push')] });
      await client.next();
    },
    leave: () => client[Symbol.asyncDispose](),
  };
}
