/**
 * The options of a device, their defaults and their limits, all in this one place.
 *
 * Everything is checked when the device is created, so that a mistake is a thrown error at start and
 * not a device that waits for ever.
 */
import type { Buffer } from 'node:buffer';
import { type BackOff, type Clock, systemClock } from './clock.ts';
import { createVoice, type DeviceError, type DeviceEvent, type Voice } from './events.ts';

export type DeviceOptions = {
  /** `name`, `name:port`, or a URL with `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  host: string;
  productKey: string;
  deviceName: string;
  deviceSecret: string;
  /** Where the last good configuration is kept. Created when missing. A second device of the same name waits. */
  dir: string;
  /** For `mqtts://`, `wss://` and `https://` downloads. */
  tls?: TlsOptions | undefined;
  /** Default 300. Alink allows 30 to 1200. */
  keepAliveSeconds?: number | undefined;
  /** How long to wait before connecting again: a random part of a bound that doubles. Default 5 s to 120 s. */
  reconnect?: Partial<BackOff> | undefined;
  /** The same for a request, a download or a reply that did not work. Default 1 s to 300 s. */
  retry?: Partial<BackOff> | undefined;
  /** The request after connecting is spread over this time. Default 2000. */
  requestJitterMs?: number | undefined;
  /** How long to wait for the answer to a request. Default 10,000. */
  requestTimeoutMs?: number | undefined;
  /** How long to wait for the server to take a reply. Default 10,000. */
  replyTimeoutMs?: number | undefined;
  /** How long one download attempt may take. Default 60,000. */
  downloadTimeoutMs?: number | undefined;
  /** How often a download is tried with one link. Default 5. */
  downloadAttempts?: number | undefined;
  /** The largest configuration this device accepts. Default 1 MiB. */
  sizeBytesMax?: number | undefined;
  /** How long the handler may take. Default 30,000. */
  applyTimeoutMs?: number | undefined;
  /**
   * How long a handler over its time, whose `signal` has been aborted, is waited for before it counts
   * as stuck. Default 10,000.
   */
  applyGraceMs?: number | undefined;
  /** Hand the kept configuration to the handler at start, before there is a network. Default true. */
  applyStoredAtStart?: boolean | undefined;
  /** Something is wrong. By default a process warning. */
  onError?: ((error: DeviceError) => void) | undefined;
  /** Something happened. */
  onEvent?: ((event: DeviceEvent) => void) | undefined;
  /** For tests: a number from 0 up to but not including 1. */
  random?: (() => number) | undefined;
  /** For tests. */
  clock?: Clock | undefined;
};

export type TlsOptions = {
  /** Certificate authorities to trust instead of the system's, as PEM. */
  ca?: string | Buffer | undefined;
  /** False accepts any certificate. For tests only. Default true. */
  rejectUnauthorized?: boolean | undefined;
};

export type Protocol = 'mqtt' | 'mqtts' | 'ws' | 'wss';
export type Server = { protocol: Protocol; host: string; port: number; path: string; isTls: boolean };

/** The options with every default filled in. */
export type Settings = {
  server: Server;
  productKey: string;
  deviceName: string;
  deviceSecret: string;
  dir: string;
  tls: { ca?: string | Buffer; rejectUnauthorized: boolean };
  keepAliveSeconds: number;
  reconnect: BackOff;
  retry: BackOff;
  requestJitterMs: number;
  requestTimeoutMs: number;
  replyTimeoutMs: number;
  downloadTimeoutMs: number;
  downloadAttempts: number;
  sizeBytesMax: number;
  applyTimeoutMs: number;
  applyGraceMs: number;
  applyStoredAtStart: boolean;
  voice: Voice;
  random: () => number;
  clock: Clock;
};

const KEEP_ALIVE_SECONDS = { min: 30, max: 1200, default: 300 };
const RECONNECT: BackOff = { minMs: 5_000, maxMs: 120_000 };
const RETRY: BackOff = { minMs: 1_000, maxMs: 300_000 };
const REQUEST_JITTER_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
const REPLY_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 60_000;
const DOWNLOAD_ATTEMPTS = { min: 1, max: 100, default: 5 };
const SIZE_BYTES = { min: 1, max: 64 * 1024 * 1024, default: 1024 * 1024 };
const APPLY_TIMEOUT_MS = 30_000;
const APPLY_GRACE_MS = 10_000;
/** No single wait is longer than a day (and Node's timers end at 24.8 days). */
const WAIT_MS_MAX = 24 * 60 * 60 * 1000;

const PRODUCT_KEY_PATTERN = /^[A-Za-z0-9]{1,64}$/;
const DEVICE_NAME_PATTERN = /^[A-Za-z0-9\-_@.:]{4,32}$/;
const DEFAULT_PORT: Readonly<Record<Protocol, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };

/** @throws TypeError or RangeError that names the option. */
export function resolveOptions(options: DeviceOptions): Settings {
  demandNames(options);
  const { ca, rejectUnauthorized } = options.tls ?? {};
  return {
    server: parseHost(options.host),
    productKey: text(options.productKey, 'productKey', PRODUCT_KEY_PATTERN),
    deviceName: text(options.deviceName, 'deviceName', DEVICE_NAME_PATTERN),
    deviceSecret: text(options.deviceSecret, 'deviceSecret', /./),
    dir: text(options.dir, 'dir', /./),
    tls: { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: rejectUnauthorized ?? true },
    keepAliveSeconds: bounded(options.keepAliveSeconds, 'keepAliveSeconds', KEEP_ALIVE_SECONDS),
    reconnect: backOff(options.reconnect, 'reconnect', RECONNECT),
    retry: backOff(options.retry, 'retry', RETRY),
    requestJitterMs: wait(options.requestJitterMs, 'requestJitterMs', REQUEST_JITTER_MS),
    requestTimeoutMs: wait(options.requestTimeoutMs, 'requestTimeoutMs', REQUEST_TIMEOUT_MS),
    replyTimeoutMs: wait(options.replyTimeoutMs, 'replyTimeoutMs', REPLY_TIMEOUT_MS),
    downloadTimeoutMs: wait(options.downloadTimeoutMs, 'downloadTimeoutMs', DOWNLOAD_TIMEOUT_MS),
    downloadAttempts: bounded(options.downloadAttempts, 'downloadAttempts', DOWNLOAD_ATTEMPTS),
    sizeBytesMax: bounded(options.sizeBytesMax, 'sizeBytesMax', SIZE_BYTES),
    applyTimeoutMs: wait(options.applyTimeoutMs, 'applyTimeoutMs', APPLY_TIMEOUT_MS),
    applyGraceMs: wait(options.applyGraceMs, 'applyGraceMs', APPLY_GRACE_MS),
    applyStoredAtStart: options.applyStoredAtStart ?? true,
    voice: createVoice({
      onEvent: options.onEvent ?? (() => {}),
      onError: options.onError ?? ((error) => process.emitWarning(error)),
    }),
    random: options.random ?? Math.random,
    clock: options.clock ?? systemClock,
  };
}

const REQUIRED = ['host', 'productKey', 'deviceName', 'deviceSecret', 'dir'] as const;
const OPTIONAL = [
  'tls',
  'keepAliveSeconds',
  'reconnect',
  'retry',
  'requestJitterMs',
  'requestTimeoutMs',
  'replyTimeoutMs',
  'downloadTimeoutMs',
  'downloadAttempts',
  'sizeBytesMax',
  'applyTimeoutMs',
  'applyGraceMs',
  'applyStoredAtStart',
  'onError',
  'onEvent',
  'random',
  'clock',
] as const satisfies (keyof DeviceOptions)[];

/** A caller without types may forget an option or misspell one. */
function demandNames(options: DeviceOptions): void {
  const known: readonly string[] = [...REQUIRED, ...OPTIONAL];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${unknown}: is not an option`);
  for (const name of REQUIRED) {
    if (typeof options[name] !== 'string' || options[name] === '') throw new TypeError(`${name}: is missing`);
  }
}

/** Takes `host` apart. A name without a protocol means `mqtt://`. */
export function parseHost(host: string): Server {
  const address = host.includes('://') ? host : `mqtt://${host}`;
  if (!URL.canParse(address)) throw new TypeError(`host: "${host}" is neither a name nor a URL`);
  const url = new URL(address);
  const protocol = url.protocol.slice(0, -1);
  if (!isProtocol(protocol)) throw new TypeError(`host: "${protocol}" is not mqtt, mqtts, ws or wss`);
  if (url.hostname === '') throw new TypeError(`host: "${host}" has no name`);
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('host: the device proves itself with its secret, not with a user name in the URL');
  }
  return {
    protocol,
    host: url.hostname,
    port: url.port === '' ? DEFAULT_PORT[protocol] : Number(url.port),
    path: `${url.pathname || '/'}${url.search}`,
    isTls: protocol === 'mqtts' || protocol === 'wss',
  };
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(DEFAULT_PORT, text);
}

function text(value: string, name: string, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new TypeError(`${name}: must be a text that matches ${pattern}`);
  }
  return value;
}

function bounded(
  value: number | undefined,
  name: string,
  limit: { min: number; max: number; default: number },
): number {
  const number = value ?? limit.default;
  if (!Number.isInteger(number) || number < limit.min || number > limit.max) {
    throw new RangeError(`${name}: must be a whole number from ${limit.min} to ${limit.max}`);
  }
  return number;
}

function wait(value: number | undefined, name: string, defaultMs: number): number {
  return bounded(value, name, { min: 0, max: WAIT_MS_MAX, default: defaultMs });
}

function backOff(value: Partial<BackOff> | undefined, name: string, standard: BackOff): BackOff {
  const minMs = wait(value?.minMs, `${name}.minMs`, standard.minMs);
  const maxMs = wait(value?.maxMs, `${name}.maxMs`, Math.max(standard.maxMs, minMs));
  if (maxMs < minMs) throw new RangeError(`${name}: maxMs must not be below minMs`);
  return { minMs, maxMs };
}
