/**
 * Between the core and whatever holds the devices' connections.
 *
 * Downwards the core calls `Gateway`; upwards the gateway calls `DeviceCore`. Both speak of devices
 * and configurations, never of packets. A device's session is identified by productKey/deviceName
 * (here: the device's id), never by the client id of its connection (`alink.md` 3.1).
 */

import type { DeviceClaim, SignMethod } from '@opencota/contract/alink/credentials';
import type { ConfigGet, ConfigPushReply } from '@opencota/contract/alink/messages';
import type { TopologyStatus } from '@opencota/contract/alink/topology';

/** A device whose signature was checked. Kept by the gateway for the life of the session. */
export type SignedInDevice = {
  id: number;
  productId: number;
  productKey: string;
  deviceName: string;
  /** The device understands OpenCOTA's own members of the config messages. */
  hasExtension: boolean;
  /** The device takes small contents in the message itself. Never true of a sub-device. */
  takesInline: boolean;
};

/** One configuration push on its way to one device. */
export type PushMessage = {
  deviceId: number;
  productKey: string;
  deviceName: string;
  /** Alink message id of this attempt, 0..4294967295; comes back in `received`. */
  messageId: number;
  /** The JSON text, complete. */
  payload: string;
};

/** What happened to sub-devices of one gateway device without its asking. */
export type TopologyChange = { gatewayId: number; status: TopologyStatus; devices: readonly DeviceName[] };

/**
 * The key of a TLS-PSK handshake, at once: OpenSSL does not wait. Undefined: the identity is not a device's.
 * An unknown device gets a key that nobody knows, so that it fails as a wrong one does.
 */
export type TlsKeyOf = (identity: string, remoteAddress: string) => Uint8Array | undefined;

/**
 * Holds connections. Every implementation passes the suite in `test/conformance/gateway.ts`.
 */
export interface Gateway {
  /**
   * Hands a message to the device's connection, at least once semantics (QoS 1).
   *
   * @returns false when the device has no session here, or has unsubscribed from the topic, or its
   * connection takes no more (slow reader): the core counts the attempt as not handed over. Never throws.
   */
  push(message: PushMessage): boolean;
  /** Ends a device's session now: it was disabled, deleted, or its secret was rotated. No-op without one. */
  endSession(deviceId: number): void;
  /**
   * Tells a gateway device what others did to its sub-devices; those that were removed or disabled also lose their
   * sessions with it. Best effort: one without a session here is told nothing and asks when it comes. Never throws.
   */
  topologyChanged(change: TopologyChange): void;
  /** How many device sessions are open here, sub-devices included. */
  sessionCount(): number;
}

/** The outcome of a sign-in. `refused` says nothing more: unknown device and wrong signature look alike. */
export type SignInResult =
  | { kind: 'ok'; device: SignedInDevice }
  | { kind: 'refused' }
  | { kind: 'unavailable' };

/** `outside-topology`: the signature is right, but the sub-device is not this gateway's. */
export type SubDeviceSignInResult = SignInResult | { kind: 'outside-topology' };

/** A sub-device's proof, sent by its gateway device in `topo/add` and `combine/login` (`alink.md` 3.6). */
export type SubDeviceClaim = {
  productKey: string;
  deviceName: string;
  clientId: string;
  /** As sent, number or string on the wire; empty: none. */
  timestamp: string;
  signMethod: SignMethod;
  sign: string;
};

/** What a registration hands to the device, once (`alink.md` 3.5). */
export type Registration =
  | { kind: 'secret'; productKey: string; deviceName: string; deviceSecret: string }
  | { kind: 'token'; productKey: string; deviceName: string; clientId: string; deviceToken: string };

export type RegisterResult =
  | { kind: 'ok'; deviceId: number; registration: Registration }
  | { kind: 'refused' }
  | { kind: 'unavailable' };

/** What a sub-device that has no secret yet signs with its product's, for its gateway to pass on. */
export type ProxyClaim = DeviceName & { random: string; signMethod: SignMethod; sign: string };

/** Why a sub-device request failed: one of `ALINK_CODE`. */
export type TopoResult = { kind: 'ok' } | { kind: 'refused'; code: number; message: string };

/** `moved`: what other gateways lost by it, one entry for each. */
export type TopoAddResult =
  | { kind: 'ok'; moved: readonly TopologyChange[] }
  | Exclude<TopoResult, { kind: 'ok' }>;

/** What a gateway is told of each sub-device it registered. `id` is Alink's `iotId`. */
export type SubDeviceSecret = { id: number; productKey: string; deviceName: string; deviceSecret: string };
export type SubRegisterResult =
  | { kind: 'ok'; devices: readonly SubDeviceSecret[] }
  | { kind: 'refused'; code: number; message: string };

export type DeviceName = { productKey: string; deviceName: string };

/** The answer to a `get`: a complete payload for `get_reply`, or nothing when no reply is wanted. */
export type ConfigAnswer = string | undefined;

/**
 * What the core does for devices. Called by the gateway; everything here is bounded in time and
 * does no store round trip per message except where a method says so.
 */
export interface DeviceCore {
  /** Checks a CONNECT's signature (`connect` and `connwl`). One indexed read. Same time for unknown and wrong. */
  signIn(claim: DeviceClaim, remoteAddress: string): Promise<SignInResult>;
  /** Dynamic registration (`register`, `regnwl`). Writes durably before it answers. */
  register(claim: DeviceClaim, remoteAddress: string): Promise<RegisterResult>;
  /** Checks a sub-device's signature for its gateway; the sub-device must be in the gateway's topology. */
  signInSubDevice(gateway: SignedInDevice, claim: SubDeviceClaim): Promise<SubDeviceSignInResult>;
  /** A gateway registers sub-devices for their secrets (`alink.md` 3.6): all of them or none. */
  registerSubDevices(gateway: SignedInDevice, devices: readonly DeviceName[]): Promise<SubRegisterResult>;
  /** Dynamic registration that a gateway passes on for one sub-device. Writes durably before it answers. */
  registerByProxy(gateway: SignedInDevice, claim: ProxyClaim, remoteAddress: string): Promise<RegisterResult>;
  addToTopology(gateway: SignedInDevice, claims: readonly SubDeviceClaim[]): Promise<TopoAddResult>;
  removeFromTopology(gateway: SignedInDevice, devices: readonly DeviceName[]): Promise<TopoResult>;
  listTopology(gateway: SignedInDevice): Promise<DeviceName[]>;

  /** A session opened. Presence is written in batches; the call returns at once. */
  sessionOpened(device: SignedInDevice, remoteAddress: string): void;
  /** A session ended. Not called when a newer connection of the same device took over. */
  sessionClosed(device: SignedInDevice): void;
  /** Answers a `get` from memory: no store round trip. `undefined` request: the payload was not readable. */
  requestConfig(device: SignedInDevice, request: ConfigGet | undefined): ConfigAnswer | Promise<ConfigAnswer>;
  /** A `push_reply`. Resolves when it is stored (P2: only then may the PUBACK go out). Rejects when it cannot be. */
  reportReply(device: SignedInDevice, reply: ConfigPushReply): Promise<void>;
  /** The device acknowledged the push with this message id (PUBACK). Written in batches. */
  pushReceived(device: SignedInDevice, messageId: number): void;
}
