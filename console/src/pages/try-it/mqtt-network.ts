/** The virtual device's way to the server: MQTT over WebSocket, and downloads, both of this page's own origin. */
import mqtt from 'mqtt';
import type { Link, LinkEvents, Network } from './virtual-device.ts';
import type { ConnectWords } from './wire.ts';

const KEEP_ALIVE_SECONDS = 300;
const CONNECT_TIMEOUT_MS = 10_000;
const MQTT_3_1_1 = 4;

export async function openLink(url: string, words: ConnectWords, events: LinkEvents): Promise<Link> {
  const client = mqtt.connect(url, {
    ...words,
    protocolVersion: MQTT_3_1_1,
    clean: true,
    keepalive: KEEP_ALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A second window with the same device would be fought for ever.
    reconnectPeriod: 0,
    // The other variant makes a worker from a blob, which the page's policy forbids.
    timerVariant: 'native',
  });
  let reason = '';
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'connack') {
      const code = packet.returnCode ?? 0;
      if (code === 0) events.connected();
      else events.rejected(code);
    }
    if (packet.cmd === 'puback') events.acknowledged('in');
  });
  client.on('packetsend', (packet) => {
    if (packet.cmd === 'puback') events.acknowledged('out');
  });
  client.on('message', (topic, payload) => events.message(topic, new TextDecoder().decode(payload)));
  client.on('error', (error) => {
    reason = error.message;
  });
  client.on('close', () => {
    client.end(true);
    events.closed(reason);
  });
  return {
    publish: (topic, payload, qos) => void client.publish(topic, payload, { qos }),
    end: () => void client.end(),
  };
}

export const download: Network['download'] = async (url) => {
  const response = await fetch(url, { credentials: 'omit', cache: 'no-store' });
  if (!response.ok) throw new Error(`HTTP ${response.status} ${await problemOf(response)}`);
  return new Uint8Array(await response.arrayBuffer());
};

async function problemOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => undefined);
  return typeof problem === 'object' && problem !== null && 'code' in problem ? String(problem.code) : '';
}
