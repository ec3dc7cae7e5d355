/**
 * The MQTT connection: a session as long as possible, and another one after it.
 *
 * Each attempt uses a client of its own with MQTT.js's reconnecting switched off, and this loop waits
 * between them. That gives full jitter, and it leaves no room for what a long-lived client does
 * badly: queueing publishes without bound while it is offline, replaying them at the next session,
 * never calling back for them, and giving up for good after one refused CONNECT.
 *
 * A refused CONNECT is like any other failure: the device may be registered or enabled later, so it
 * comes back, ever more slowly. The back-off starts anew only after a session that lasted, so that
 * two devices with one identity that displace each other do not do it several times a second.
 */
import { createHmac } from 'node:crypto';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { backOffMs, sleep, within } from './clock.ts';
import { messageOf } from './events.ts';
import type { Settings } from './options.ts';
import { connectWords, type Topics } from './protocol.ts';

/** From the start of a connection until it is subscribed. */
const CONNECT_TIMEOUT_MS = 30_000;
/** A session this long proves that the server wants this device. */
const SESSION_STABLE_MS = 30_000;
/** How long a polite end may take before the socket is simply closed. */
const GOODBYE_TIMEOUT_MS = 1_000;
/** A larger downlink message is ignored; ours have a few hundred bytes, or 17 KB with a content. */
const MESSAGE_BYTES_MAX = 64 * 1024;

/** One connected and subscribed session. It is of no use after `down`. */
export type Session = {
  /**
   * Publishes. With QoS 1 resolves when the server has acknowledged.
   *
   * @throws when the session is over, or the acknowledgement does not come within `timeoutMs`.
   */
  publish(topic: string, text: string, delivery: { qos: 0 } | { qos: 1; timeoutMs: number }): Promise<void>;
};

export type LinkListener = {
  up(session: Session): void;
  message(topic: string, text: string): void;
  down(): void;
};

type SessionEnd = { reason: string; wasUp: boolean; wasStable: boolean };

export class Link {
  readonly #settings: Settings;
  readonly #topics: Topics;
  readonly #listener: LinkListener;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(settings: Settings, topics: Topics, listener: LinkListener) {
    this.#settings = settings;
    this.#topics = topics;
    this.#listener = listener;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random, reconnect, voice } = this.#settings;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const { reason, wasUp, wasStable } = await this.#runSession();
      if (this.#stop.signal.aborted) return;
      if (wasStable) failures = 0;
      if (wasUp || failures === 0) voice.error('connection', reason);
      const retryInMs = backOffMs(reconnect, failures, random);
      failures += 1;
      voice.event({ type: 'disconnected', reason, retryInMs });
      await sleep(clock, retryInMs, 'reconnect', this.#stop.signal);
    }
  }

  /** Resolves when the session, or the attempt at one, is over. */
  async #runSession(): Promise<SessionEnd> {
    const { clock, voice } = this.#settings;
    const client = connect(mqttOptions(this.#settings));
    client.on('message', (topic, payload) => this.#receive(topic, payload));
    const lost = untilLost(client, this.#stop.signal);
    const begun = Promise.race([subscribed(client, this.#topics), lost]);
    const failure = await within(clock, CONNECT_TIMEOUT_MS, 'connect-timeout', begun);
    if (failure !== 'subscribed') {
      await this.#end(client);
      return {
        reason: failure === 'timeout' ? 'connecting took too long' : failure,
        wasUp: false,
        wasStable: false,
      };
    }
    let wasStable = false;
    const cancelStable = clock.after(SESSION_STABLE_MS, 'session-stable', () => {
      wasStable = true;
    });
    voice.event({ type: 'connected' });
    this.#listener.up(createSession(client, this.#settings));
    const reason = await lost;
    cancelStable();
    this.#listener.down();
    await this.#end(client);
    return { reason, wasUp: true, wasStable };
  }

  #receive(topic: string, payload: Buffer): void {
    if (payload.length > MESSAGE_BYTES_MAX) {
      this.#settings.voice.error('message', `a message of ${payload.length} bytes on ${topic} was ignored`);
      return;
    }
    this.#listener.message(topic, payload.toString('utf8'));
  }

  /** Says goodbye when the device is closed; drops a connection that is no good. */
  async #end(client: MqttClient): Promise<void> {
    if (!this.#stop.signal.aborted || !client.connected) {
      client.end(true);
      return;
    }
    const closed = new Promise<void>((resolve) => client.once('close', resolve));
    client.end();
    await within(this.#settings.clock, GOODBYE_TIMEOUT_MS, 'close-timeout', closed);
    client.stream.destroy();
  }
}

function mqttOptions(settings: Settings): IClientOptions {
  const { server, productKey, deviceName, deviceSecret, clock, tls } = settings;
  const words = connectWords({ productKey, deviceName, isTls: server.isTls, timestampMs: clock.now() });
  return {
    protocol: server.protocol,
    // A socket takes an IPv6 address bare, a WebSocket URL in brackets.
    hostname: server.protocol.startsWith('ws') ? server.host : server.host.replace(/^\[(.*)\]$/, '$1'),
    port: server.port,
    ...(server.protocol.startsWith('ws') ? { path: server.path } : {}),
    ...(server.isTls ? tls : {}),
    username: words.username,
    clientId: words.clientId,
    password: createHmac('sha256', deviceSecret).update(words.signContent).digest('hex'),
    protocolVersion: 4,
    clean: true,
    keepalive: settings.keepAliveSeconds,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };
}

/** Resolves with the reason when the client is of no more use. */
function untilLost(client: MqttClient, stop: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const lose = (reason: string) => {
      stop.removeEventListener('abort', onStop);
      resolve(reason);
    };
    const onStop = () => lose('closed');
    client.on('error', (error) => lose(error.message));
    client.on('close', () => lose('the connection was closed'));
    stop.addEventListener('abort', onStop);
  });
}

/** Resolves with `'subscribed'`, or with the reason why not. */
async function subscribed(client: MqttClient, topics: Topics): Promise<string> {
  await new Promise((resolve) => client.once('connect', resolve));
  try {
    await client.subscribeAsync([topics.getReply, topics.push], { qos: 1 });
    return 'subscribed';
  } catch (error) {
    return `subscribing failed: ${messageOf(error)}`;
  }
}

function createSession(client: MqttClient, { clock }: Settings): Session {
  return {
    async publish(topic, text, delivery) {
      // MQTT.js would store a message for a later session that this client never has.
      if (!client.connected || client.disconnecting) throw new Error('not connected');
      const sent = client.publishAsync(topic, text, { qos: delivery.qos });
      if (delivery.qos === 0) {
        await sent;
        return;
      }
      const messageId = client.getLastMessageId();
      const answer = await within(clock, delivery.timeoutMs, 'publish-timeout', sent);
      if (answer !== 'timeout') return;
      client.removeOutgoingMessage(messageId);
      throw new Error(`not acknowledged within ${delivery.timeoutMs} ms`);
    },
  };
}
