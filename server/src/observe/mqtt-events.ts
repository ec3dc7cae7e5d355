/** The gateway's events as log lines and one counter. */
import type { Logger } from 'pino';
import type { MqttEvents } from '../mqtt/events.ts';
import type { Metrics } from './metrics.ts';

export function createMqttEvents(log: Logger, metrics: Metrics): MqttEvents {
  const count = (event: string) => metrics.gatewayEvents.inc({ event });
  const subject = ({
    remoteAddress,
    device,
  }: {
    remoteAddress: string;
    device?: { productKey: string; deviceName: string };
  }) => ({
    remoteAddress,
    ...(device === undefined ? {} : { device: `${device.productKey}/${device.deviceName}` }),
  });
  return {
    connectionRefused(event) {
      count(`refused-${event.reason}`);
      log.debug({ ...subject(event), reason: event.reason }, 'connection refused');
    },
    connectionClosed(event) {
      count(`closed-${event.reason}`);
      log.debug({ ...subject(event), reason: event.reason }, 'connection closed');
    },
    protocolError(event) {
      count('protocol-error');
      log.warn(
        { ...subject(event), fault: event.fault, clause: event.clause },
        'a client broke MQTT; its connection was closed',
      );
    },
    limitReached(event) {
      count(`limit-${event.limit}`);
      log.warn({ ...subject(event), limit: event.limit }, 'a device ran into a limit');
    },
    takenOver({ device, remoteAddress, olderAddress }) {
      count('taken-over');
      log.debug(
        { ...subject({ device, remoteAddress }), olderAddress },
        'a newer connection replaced an older one',
      );
    },
    identityConflict({ device, remoteAddress, olderAddress }) {
      count('identity-conflict');
      log.error(
        { ...subject({ device, remoteAddress }), olderAddress },
        'two devices seem to share one identity: they keep replacing each other',
      );
    },
    topicRefused(event) {
      count(`topic-refused-${event.action}`);
      log.warn(
        { ...subject(event), action: event.action, topic: event.topic },
        'a device named a topic that is not its own',
      );
    },
    uplinkIgnored() {
      count('uplink-ignored');
    },
    uplinkFailed({ device, topic, error }) {
      count('uplink-failed');
      log.warn(
        { ...subject({ device, remoteAddress: '' }), topic, err: error },
        'a device report could not be stored and was not acknowledged',
      );
    },
    connectionFailed(event) {
      count('connection-failed');
      log.error({ ...subject(event), err: event.error }, 'serving a device connection failed; it was closed');
    },
    listenerFailed({ error }) {
      count('listener-failed');
      log.error({ err: error }, 'a device listener reported an error');
    },
  };
}
