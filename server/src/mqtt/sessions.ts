/**
 * Which connection each device speaks on.
 *
 * A session belongs to a device, never to a client id: a newer one of the same device replaces the
 * older, wherever that was. A sub-device's session lives on its gateway's connection and ends with
 * it. Every change of presence is told to the core here and nowhere else.
 */
import type { DeviceCore, SignedInDevice } from '../domain/gateway-port.ts';
import type { Connection, Session } from './connection.ts';
import type { MqttEvents } from './events.ts';
import type { MqttLimits } from './limits.ts';
import { fullBucket, MinuteCounter } from './throttle.ts';

export type SessionsOptions = {
  core: DeviceCore;
  events: MqttEvents;
  limits: MqttLimits;
  clock: () => number;
};

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #byDevice = new Map<number, Session>();
  readonly #takeovers: MinuteCounter<number>;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#takeovers = new MinuteCounter(options.limits.throttleEntriesMax);
  }

  get size(): number {
    return this.#byDevice.size;
  }

  find(deviceId: number): Session | undefined {
    return this.#byDevice.get(deviceId);
  }

  /** Opens the session of the device that signed in on this connection. */
  openOwn(connection: Connection, device: SignedInDevice): void {
    connection.session = this.#create(connection, device);
    this.#announce(connection.session);
  }

  /** Opens a sub-device's session on its gateway's connection. */
  openSub(connection: Connection, device: SignedInDevice): void {
    const session = this.#create(connection, device);
    connection.subSessions ??= new Map();
    connection.subSessions.set(keyOf(device), session);
    this.#announce(session);
  }

  /** Ends one session; its connection stays. No-op for one that was already replaced. */
  close(session: Session): void {
    this.#detach(session);
    if (this.#byDevice.get(session.device.id) !== session) return;
    this.#byDevice.delete(session.device.id);
    this.#options.core.sessionClosed(session.device);
  }

  /** Ends every session of a connection that is closing. */
  closeAllOf(connection: Connection): void {
    if (connection.subSessions) for (const session of connection.subSessions.values()) this.close(session);
    if (connection.session) this.close(connection.session);
  }

  #create(connection: Connection, device: SignedInDevice): Session {
    const { limits, clock } = this.#options;
    return { device, connection, unsubscribedTopics: 0, messages: fullBucket(limits.messagesBurst, clock()) };
  }

  #announce(session: Session): void {
    const older = this.#byDevice.get(session.device.id);
    this.#byDevice.set(session.device.id, session);
    if (older !== undefined) this.#replace(older, session);
    this.#options.core.sessionOpened(session.device, session.connection.remoteAddress);
  }

  /** The older session goes without `sessionClosed`: the device is still here. */
  #replace(older: Session, newer: Session): void {
    if (older.connection === newer.connection) return;
    const isOwn = older.connection.session === older;
    const takeover = {
      device: newer.device,
      remoteAddress: newer.connection.remoteAddress,
      olderAddress: older.connection.remoteAddress,
    };
    if (isOwn) older.connection.close('taken-over');
    else this.#detach(older);
    this.#options.events.takenOver(takeover);
    const { limits, clock, events } = this.#options;
    const count = this.#takeovers.add(newer.device.id, clock());
    if (count === limits.takeoversPerMinute + 1) events.identityConflict(takeover);
  }

  #detach(session: Session): void {
    const { connection, device } = session;
    if (connection.session === session) connection.session = undefined;
    else if (connection.subSessions?.get(keyOf(device)) === session)
      connection.subSessions.delete(keyOf(device));
  }
}

function keyOf(device: SignedInDevice): string {
  return `${device.productKey}/${device.deviceName}`;
}
