/**
 * The embedded device gateway: MQTT 3.1.1 for Alink devices, behind the `Gateway` port.
 *
 * Not a broker. Nothing is routed between clients and nothing is stored: a device's messages go to
 * the core, the core's messages go to the connection that holds the device's session. This file
 * builds the parts, keeps the list of connections, sweeps them, and drains them at the end.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { downlinkTopic } from '@opencota/contract/alink/topics';
import type { DeviceCore, Gateway, PushMessage, TopologyChange } from '../domain/gateway-port.ts';
import { Admission, Slots } from './admission.ts';
import { Connection, type ConnectionHost, type Origin } from './connection.ts';
import type { MqttEvents } from './events.ts';
import { DEFAULT_MQTT_LIMITS, type MqttLimits } from './limits.ts';
import { Listeners, type TcpAddress, type TlsAddress } from './listeners.ts';
import { WriteTurn } from './outbox.ts';
import { handlePacket } from './packets.ts';
import { type GatewayCounters, type GatewayParts, zeroCounters } from './parts.ts';
import { Sessions } from './sessions.ts';
import { SignInThrottle } from './sign-in-throttle.ts';
import { BucketTable, MinuteCounter } from './throttle.ts';
import { CONFIG_PUSH_BIT } from './topics-allowed.ts';
import { tellTopologyChange } from './topology-change.ts';

export type MqttGatewayOptions = {
  core: DeviceCore;
  events: MqttEvents;
  limits?: Partial<MqttLimits>;
  /** Hands secrets out over connections that are not encrypted too. By default it does: fielded devices need it. */
  isPlainRegistrationAllowed?: boolean;
  /** Milliseconds that only rise; by default the process's own monotonic clock. */
  clock?: () => number;
};

export interface MqttGateway extends Gateway, AsyncDisposable {
  /** MQTT over TCP. Port 0 takes any free one. */
  listenTcp(address: TcpAddress): Promise<{ port: number }>;
  /** MQTT over TLS 1.2 or 1.3. */
  listenTls(address: TlsAddress): Promise<{ port: number }>;
  /**
   * For the HTTP server's `upgrade` event on `/mqtt` (subprotocol `mqtt` or `mqttv3.1`). `said`: what a trusted proxy
   * says of the device, whose own address the socket does not have.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, said?: Partial<Origin>): void;
  /** Stops accepting and closes all connections, spread over at most `drainMs`. */
  drain(): Promise<void>;
  stats(): MqttStats;
}

export type MqttStats = GatewayCounters & { connections: number; sessions: number };

export function createMqttGateway(options: MqttGatewayOptions): MqttGateway {
  return new EmbeddedGateway(options);
}

/** How often `drain` closes another share of the connections. */
const DRAIN_STEP_MS = 50;

class EmbeddedGateway implements MqttGateway {
  readonly #parts: GatewayParts;
  readonly #host: ConnectionHost;
  readonly #listeners: Listeners;
  readonly #connections = new Set<Connection>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: MqttGatewayOptions) {
    const parts = createParts(options);
    this.#parts = parts;
    this.#host = createHost(parts);
    this.#listeners = new Listeners({
      limits: parts.limits,
      events: parts.events,
      admission: parts.admission,
      accepted: (carrier, origin) => this.#accept(carrier, origin),
    });
    this.#sweeper = setInterval(() => this.#sweep(), parts.limits.sweepIntervalMs);
    this.#sweeper.unref();
  }

  listenTcp(address: TcpAddress): Promise<{ port: number }> {
    return this.#listeners.listenTcp(address);
  }

  listenTls(address: TlsAddress): Promise<{ port: number }> {
    return this.#listeners.listenTls(address);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, said: Partial<Origin> = {}): void {
    this.#listeners.handleUpgrade(request, socket, head, said);
  }

  push(message: PushMessage): boolean {
    const { sessions, counters } = this.#parts;
    const session = sessions.find(message.deviceId);
    const topic = downlinkTopic.configPush(message.productKey, message.deviceName);
    const isSent =
      session !== undefined &&
      (session.unsubscribedTopics & CONFIG_PUSH_BIT) === 0 &&
      session.connection.push(session.device, message.messageId, topic, message.payload);
    if (isSent) counters.pushesSent++;
    else counters.pushesRefused++;
    return isSent;
  }

  endSession(deviceId: number): void {
    const session = this.#parts.sessions.find(deviceId);
    if (session === undefined) return;
    if (session.connection.session === session) session.connection.close('session-ended');
    else this.#parts.sessions.close(session);
  }

  topologyChanged(change: TopologyChange): void {
    tellTopologyChange(this.#parts, change);
  }

  sessionCount(): number {
    return this.#parts.sessions.size;
  }

  stats(): MqttStats {
    const { counters, sessions } = this.#parts;
    return { connections: this.#connections.size, sessions: sessions.size, ...counters };
  }

  /** Uplinks being stored are waited for, so that the device gets its PUBACK, as long as there is time. */
  async drain(): Promise<void> {
    const closed = this.#listeners.close();
    this.#parts.admission.evictAll();
    const steps = Math.max(1, Math.floor(this.#parts.limits.drainMs / DRAIN_STEP_MS));
    for (let step = steps; step > 0 && this.#connections.size > 0; step--) {
      const isLast = step === 1;
      this.#closeSome(isLast ? this.#connections.size : Math.ceil(this.#connections.size / step), isLast);
      await delay(DRAIN_STEP_MS);
    }
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#listeners.close();
    clearInterval(this.#sweeper);
    this.#parts.admission.evictAll();
    for (const connection of this.#connections) {
      connection.close('draining');
      connection.destroy();
    }
    await closed;
  }

  #closeSome(count: number, isLast: boolean): void {
    let left = count;
    for (const connection of this.#connections) {
      if (left === 0) return;
      if (connection.pendingUplinks > 0 && !isLast) continue;
      connection.end('draining');
      left--;
    }
  }

  #accept(carrier: Duplex, origin: Origin): void {
    const { admission, counters, events } = this.#parts;
    const { remoteAddress } = origin;
    const connection = new Connection(this.#host, carrier, origin);
    if (!admission.wait(connection)) {
      events.limitReached({ remoteAddress, limit: 'unauthenticatedConnectionsMax' });
      events.connectionRefused({ remoteAddress, reason: 'too-many-connections' });
      carrier.destroy();
      return;
    }
    counters.connectionsAccepted++;
    this.#connections.add(connection);
    carrier.on('data', (chunk: Buffer) => connection.receive(chunk));
    carrier.once('close', () => {
      connection.close('client');
      this.#connections.delete(connection);
    });
  }

  #sweep(): void {
    const nowMs = this.#parts.clock();
    for (const connection of this.#connections) connection.sweep(nowMs);
    this.#parts.gets.prune(nowMs);
  }
}

function createParts(options: MqttGatewayOptions): GatewayParts {
  const { core, events, clock = monotonicMs, isPlainRegistrationAllowed = true } = options;
  const limits: MqttLimits = { ...DEFAULT_MQTT_LIMITS, ...options.limits };
  return {
    core,
    limits,
    events,
    clock,
    admission: new Admission(limits),
    signIns: new Slots(limits.authenticationsInFlightMax),
    registrations: new Slots(limits.registrationsInFlightMax),
    failedSignIns: new SignInThrottle(limits),
    sessions: new Sessions({ core, events, limits, clock }),
    gets: new BucketTable({
      perMinute: limits.getsPerMinute,
      burst: limits.getsBurst,
      entriesMax: limits.throttleEntriesMax,
    }),
    subDeviceLogins: new MinuteCounter(limits.throttleEntriesMax),
    counters: zeroCounters(),
    mayRegister: ({ isEncrypted }) => isEncrypted || isPlainRegistrationAllowed,
  };
}

function createHost(parts: GatewayParts): ConnectionHost {
  const { limits, events, clock, admission, sessions } = parts;
  return {
    limits,
    events,
    clock,
    writes: new WriteTurn(),
    handle: (connection, packet) => handlePacket(parts, connection, packet),
    closing: (connection) => {
      admission.settle(connection);
      sessions.closeAllOf(connection);
    },
  };
}

function monotonicMs(): number {
  return Math.floor(performance.now());
}
