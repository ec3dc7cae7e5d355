/**
 * The answer to dynamic registration over MQTT (`alink.md` 3.5): a device without a secret gets one.
 *
 * CONNACK 0, then one message that the device never subscribed to, then the client drops the
 * connection. Such a connection is never a device session: it may not publish, has no keep-alive
 * and lives a fixed time.
 */
import { downlinkTopic } from '@opencota/contract/alink/topics';
import type { Registration } from '../domain/gateway-port.ts';
import type { Connection } from './connection.ts';

export function sendRegistration(connection: Connection, registration: Registration): void {
  const [topic, payload] = answer(registration);
  connection.register();
  connection.reply(topic, payload);
  connection.resume();
}

/** Topic and compact payload, in the member order seen on the wire. */
function answer(registration: Registration): [topic: string, payload: string] {
  const { productKey, deviceName } = registration;
  switch (registration.kind) {
    case 'secret': {
      const { deviceSecret } = registration;
      return [downlinkTopic.register, JSON.stringify({ deviceSecret, productKey, deviceName })];
    }
    case 'token': {
      const { clientId, deviceToken } = registration;
      return [downlinkTopic.regnwl, JSON.stringify({ clientId, productKey, deviceName, deviceToken })];
    }
    default:
      return registration satisfies never;
  }
}
