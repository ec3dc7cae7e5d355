/**
 * The composition root: builds every part in order and disposes of them in reverse.
 *
 * store → clock → caches → services → gateway → HTTP → loops. A failure half-way closes what was opened.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { composeServices } from './compose.ts';
import type { Config } from './config.ts';
import { shareDescriptors } from './descriptors.ts';
import { DomainError } from './domain/errors.ts';
import type { TlsKeyOf } from './domain/gateway-port.ts';
import type { Store } from './domain/store-port.ts';
import type { Services } from './http/api.ts';
import { CONNECTIONS_MAX } from './http/limits.ts';
import { toBlockList } from './http/networks.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { MqttGateway } from './mqtt/gateway.ts';
import { DEFAULT_MQTT_LIMITS } from './mqtt/limits.ts';
import { createMetrics, type Metrics } from './observe/metrics.ts';
import { readStorage, type Storage } from './observe/storage.ts';
import { createTlsKeys } from './service/device-psk.ts';
import type { PasswordCost } from './service/passwords.ts';
import { createSealer, loadRootKey, parseRootKey } from './service/sealing.ts';
import { openServiceClock, type UptimeSource } from './service/service-clock.ts';
import { openSqliteCredentialLookup } from './sql/credential-lookup.ts';
import { openThreadedSqliteStore } from './sql/threaded-store.ts';

export const STORE_FILE = 'opencota.db';
export const KEY_FILE = 'secret.key';

export type AppOptions = {
  config: Config;
  log: Logger;
  /** Where plainly marked words for the operator go: the one-time password, step-up codes. What it returns is waited for. */
  print(line: string): unknown;
  /** Less work per password, for tests. */
  passwordCost?: PasswordCost;
  /** Another place of the built console, for tests. */
  consoleDirectory?: string;
  /** For tests that move time. */
  time?: { uptime: UptimeSource; wallMs(): number };
};

export interface App extends AsyncDisposable {
  readonly httpPort: number;
  readonly mqttPort: number | null;
  readonly mqttsPort: number | null;
  readonly store: Store;
  readonly services: Services;
  readonly gateway: MqttGateway;
  /** Set when the first administrator was made at this start. */
  readonly firstAdmin: { username: string; oneTimePassword: string } | undefined;
}

/** Starts a server. Throws `DomainError` when it cannot, saying what to do. */
export async function startApp(options: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack();
  const { config, log, time } = options;
  const metrics = createMetrics();
  const { store, rootKey } = openData(config);
  stack.use(store);
  const sealer = createSealer(rootKey);
  await checkKey(store, sealer.derive('key-check'));
  const clock = await openServiceClock(store, time?.uptime, time?.wallMs);
  stack.defer(() => clock.save());

  const storage = () => readStorage(storePath(config));
  measureStore(metrics, store, storage);
  const connections = shareDescriptors({
    mqtt: DEFAULT_MQTT_LIMITS.connectionsMax,
    http: CONNECTIONS_MAX,
  });
  const parts = composeServices({ ...options, store, clock, sealer, metrics, connections, storage });
  const { services, gateway, recorder, reconciler } = parts;
  stack.use(gateway);
  stack.use(parts.schemas);
  metrics.gauge('device_sessions', 'Device sessions open on this server.', () => gateway.sessionCount());

  let isDraining = false;
  // After HTTP has closed: a download that ends while the server stops is a report too.
  stack.defer(() => recorder.drain());
  const http = stack.use(
    await createHttpServer({
      services,
      store,
      events: parts.events,
      trustedProxies: config.trustedProxies,
      trustedNetworks: toBlockList(config.trustedNetworks),
      metricsToken: config.metricsToken,
      connectionsMax: connections.http,
      isDraining: () => isDraining,
      isPlainRegistrationAllowed: config.isPlainRegistrationAllowed,
      ...(options.consoleDirectory === undefined ? {} : { consoleDirectory: options.consoleDirectory }),
      handleUpgrade: (...upgrade) => gateway.handleUpgrade(...upgrade),
    }),
  );
  const httpPort = await listenHttp(config, http);
  // Before devices can connect: their links name this address.
  const publicUrl = config.publicUrl ?? `http://127.0.0.1:${httpPort}`;
  parts.setPublicUrl(publicUrl);
  const lookup =
    config.tls?.isPskOn === true ? stack.use(openSqliteCredentialLookup(storePath(config))) : null;
  const keyOf = lookup && createTlsKeys({ clock, sealer, events: parts.events }, lookup);
  const mqttPorts = await listenMqtt(config, gateway, log, keyOf);
  parts.setAddresses({ publicUrl, ...mqttPorts });
  // After the ports: a start that fails must not use up the one showing of the password.
  const firstAdmin = await services.accounts.ensureFirstAdmin();
  // Disposed in reverse: first nobody new comes in, then the loop ends, then what is under way is answered.
  stack.use(reconciler);
  stack.defer(async () => {
    isDraining = true;
    await gateway.drain();
  });
  reconciler.wake();

  const owned = stack.move();
  return {
    httpPort,
    ...mqttPorts,
    store,
    services,
    gateway,
    firstAdmin,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function measureStore({ gauge }: Metrics, store: Store, storage: () => Storage): void {
  gauge('store_bytes', 'Size of the store with its log.', () => storage().storeBytes);
  gauge('store_free_bytes', "Free on the store's disk.", () => storage().freeBytes);
  const meaning = 'For how long the oldest write that is not done has waited.';
  gauge('store_write_wait_seconds', meaning, () => store.writeWaitMs() / 1_000);
}

function openData(config: Config): { store: Store; rootKey: Uint8Array } {
  makeDataDir(config.dataDir);
  const path = storePath(config);
  const isNew = !existsSync(path);
  const rootKey =
    config.secretKey === null
      ? loadRootKey(join(config.dataDir, KEY_FILE), isNew)
      : parseRootKey(config.secretKey);
  return { store: openThreadedSqliteStore(path), rootKey };
}

const storePath = ({ dataDir }: Config) => join(dataDir, STORE_FILE);

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new DomainError(
      'unavailable',
      `OPENCOTA_DATA_DIR: the directory ${dataDir} cannot be made: ${String(cause)}`,
      {},
      cause,
    );
  }
}

const KEY_CHECK = 'key-check';

/** A wrong key must be found at the start, not at the first device that cannot sign in. */
async function checkKey(store: Store, check: Uint8Array): Promise<void> {
  const mark = Buffer.from(check).toString('hex');
  const kept = await store.read((tx) => tx.upkeep.findMeta(KEY_CHECK));
  if (kept === undefined) return store.write((tx) => tx.upkeep.putMeta(KEY_CHECK, mark));
  if (kept !== mark) {
    throw new DomainError(
      'unavailable',
      'The secret key is not the one this store was made with: device secrets could not be read. Put the right OPENCOTA_SECRET_KEY or secret.key back.',
    );
  }
}

async function listenHttp({ host, httpPort: wanted }: Config, http: HttpServer): Promise<number> {
  const { port } = await opened('OPENCOTA_HTTP_PORT', wanted, () => http.listen({ host, port: wanted }));
  return port;
}

async function listenMqtt(
  { host, mqttPort: wanted, tls }: Config,
  gateway: MqttGateway,
  log: Logger,
  keyOf: TlsKeyOf | null,
) {
  const mqtt =
    wanted === null
      ? null
      : await opened('OPENCOTA_MQTT_PORT', wanted, () => gateway.listenTcp({ host, port: wanted }));
  const mqtts =
    tls === null
      ? null
      : await opened('OPENCOTA_MQTTS_PORT', tls.port, () =>
          gateway.listenTls({
            host,
            port: tls.port,
            cert: readPem(tls.certPath),
            key: readPem(tls.keyPath),
            ...(keyOf === null ? {} : { keyOf }),
          }),
        );
  if (mqtt !== null && tls === null)
    log.warn(
      'MQTT is open without TLS: device messages can be read and changed on the way. Set OPENCOTA_TLS_CERT and OPENCOTA_TLS_KEY, or keep this network private.',
    );
  return { mqttPort: mqtt?.port ?? null, mqttsPort: mqtts?.port ?? null };
}

async function opened<T>(setting: string, port: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const why = isTaken ? 'another program is listening there; stop it, or choose' : `${cause}. Choose`;
    throw new DomainError(
      'unavailable',
      `Port ${port} cannot be opened: ${why} another ${setting}.`,
      {},
      cause,
    );
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DomainError('unavailable', `The certificate file ${path} cannot be read.`, {}, cause);
  }
}
