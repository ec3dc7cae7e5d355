/**
 * What the gateway tells the rest of the server about itself: one member per business event.
 *
 * The gateway writes no log and keeps no metric; whoever implements this does both. Strings a
 * device chose (topics, names) carry no control characters when they get here. Members are called
 * on the connection's own path: they return at once and do not throw.
 */
import type { SignedInDevice } from '../domain/gateway-port.ts';
import type { ProtocolFault } from './faults.ts';
import type { MqttLimits } from './limits.ts';

/** Why a connection was turned away before it had a session. */
export type RefusalReason =
  | 'too-many-connections'
  | 'protocol-level'
  | 'client-id'
  | 'user-name'
  | 'will'
  | 'keep-alive'
  | 'signature'
  | 'throttled'
  | 'plain-registration'
  | 'unavailable'
  | 'draining';

/** Why a connection that had been accepted ended. */
export type CloseReason =
  | 'client'
  | 'disconnect-packet'
  | 'protocol-error'
  | 'refused'
  | 'connect-timeout'
  | 'keep-alive-timeout'
  | 'registered'
  | 'slow-reader'
  | 'rate'
  | 'topic-refused'
  | 'uplink-failed'
  | 'taken-over'
  | 'session-ended'
  | 'evicted'
  | 'draining'
  | 'fault';

/** Who an event is about. `device` is absent before sign-in. */
export type EventSubject = { remoteAddress: string; device?: SignedInDevice };

export interface MqttEvents {
  connectionRefused(event: EventSubject & { reason: RefusalReason; userName?: string }): void;
  connectionClosed(event: EventSubject & { reason: CloseReason }): void;
  /** The client broke MQTT; its connection was closed. `clause` is the statement of MQTT 3.1.1. */
  protocolError(event: EventSubject & { fault: ProtocolFault; clause: string }): void;
  /** A limit cut something off. */
  limitReached(event: EventSubject & { limit: keyof MqttLimits }): void;
  /** A newer connection of the device replaced this older one. */
  takenOver(event: { device: SignedInDevice; remoteAddress: string; olderAddress: string }): void;
  /** A device replaced its own session so often that two devices may share its identity. */
  identityConflict(event: { device: SignedInDevice; remoteAddress: string; olderAddress: string }): void;
  /** A device named a topic that is not its own. A publish closed the connection, a filter was refused. */
  topicRefused(event: EventSubject & { action: 'publish' | 'subscribe'; topic: string }): void;
  /** An own topic that carries nothing for us: accepted, acknowledged, dropped. */
  uplinkIgnored(event: { device: SignedInDevice; topic: string }): void;
  /** The core could not take an uplink; it was not acknowledged. */
  uplinkFailed(event: { device: SignedInDevice; topic: string; error: unknown }): void;
  /** A bug: something threw while a connection was served. Only that connection was closed. */
  connectionFailed(event: EventSubject & { error: unknown }): void;
  /** A listener reported an error, such as running out of file descriptors. */
  listenerFailed(event: { error: unknown }): void;
}
