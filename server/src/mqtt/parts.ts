/** The parts of a running gateway that the packet handlers work with, built in `gateway.ts`. */
import type { DeviceCore } from '../domain/gateway-port.ts';
import type { Admission, Slots } from './admission.ts';
import type { Connection } from './connection.ts';
import type { MqttEvents } from './events.ts';
import type { MqttLimits } from './limits.ts';
import type { Sessions } from './sessions.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { BucketTable, MinuteCounter } from './throttle.ts';

export type GatewayParts = {
  readonly core: DeviceCore;
  readonly limits: MqttLimits;
  readonly events: MqttEvents;
  /** Milliseconds that only rise. */
  readonly clock: () => number;
  readonly admission: Admission;
  /** Sign-ins the core is busy with. */
  readonly signIns: Slots;
  /** Registrations the core is busy with: those wait for the store, and no sign-in waits for them. */
  readonly registrations: Slots;
  readonly failedSignIns: SignInThrottle;
  readonly sessions: Sessions;
  /** `get` requests by device id. */
  readonly gets: BucketTable<number>;
  /** Logins by the sub-device's name and its gateway's id. */
  readonly subDeviceLogins: MinuteCounter<string>;
  readonly counters: GatewayCounters;
  /** Whether a secret may be handed out on this connection. */
  mayRegister(connection: Connection): boolean;
};

/** Running totals since start. */
export type GatewayCounters = {
  connectionsAccepted: number;
  packetsReceived: number;
  uplinksStored: number;
  getsAnswered: number;
  pushesSent: number;
  pushesRefused: number;
  pushesAcknowledged: number;
  topologyChangesSent: number;
};

export function zeroCounters(): GatewayCounters {
  return {
    connectionsAccepted: 0,
    packetsReceived: 0,
    uplinksStored: 0,
    getsAnswered: 0,
    pushesSent: 0,
    pushesRefused: 0,
    pushesAcknowledged: 0,
    topologyChangesSent: 0,
  };
}
