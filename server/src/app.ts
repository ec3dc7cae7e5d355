/**
 * The composition root: builds every part in order and disposes of them in reverse.
 *
 * store → clock → caches → services → gateway → HTTP → loops. A failure half-way closes what was opened.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { composeServices } from './compose.ts';
import type { Config } from './config.ts';
import { DomainError } from './domain/errors.ts';
import type { Store } from './domain/store-port.ts';
import type { Services } from './http/api.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { MqttGateway } from './mqtt/gateway.ts';
import { createMetrics } from './observe/metrics.ts';
import { createSealer, loadRootKey, parseRootKey } from './service/sealing.ts';
import { openServiceClock, type UptimeSource } from './service/service-clock.ts';
import { openSqliteStore } from './sql/store.ts';

export const STORE_FILE = 'opencota.db';
export const KEY_FILE = 'secret.key';

export type AppOptions = {
  config: Config;
  log: Logger;
  /** Where plainly marked words for the operator go: the one-time password, step-up codes. */
  print(line: string): void;
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

  const parts = composeServices({ ...options, store, clock, sealer, metrics });
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
      trustedNetworks: parseNetworks(config.trustedNetworks),
      metricsToken: config.metricsToken,
      isDraining: () => isDraining,
      handleUpgrade: (request, socket, head) => gateway.handleUpgrade(request, socket, head),
    }),
  );
  const httpPort = await listenHttp(config, http);
  // Before devices can connect: their links name this address.
  parts.setPublicUrl(config.publicUrl ?? `http://127.0.0.1:${httpPort}`);
  const mqttPorts = await listenMqtt(config, gateway, log);
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

function openData(config: Config): { store: Store; rootKey: Uint8Array } {
  makeDataDir(config.dataDir);
  const path = join(config.dataDir, STORE_FILE);
  const isNew = !existsSync(path);
  const rootKey =
    config.secretKey === null
      ? loadRootKey(join(config.dataDir, KEY_FILE), isNew)
      : parseRootKey(config.secretKey);
  return { store: openSqliteStore(path), rootKey };
}

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

async function listenMqtt({ host, mqttPort: wanted, tls }: Config, gateway: MqttGateway, log: Logger) {
  const mqtt =
    wanted === null
      ? null
      : await opened('OPENCOTA_MQTT_PORT', wanted, () => gateway.listenTcp({ host, port: wanted }));
  const mqtts =
    tls === null
      ? null
      : await opened('OPENCOTA_MQTTS_PORT', tls.port, () =>
          gateway.listenTls({ host, port: tls.port, cert: readPem(tls.certPath), key: readPem(tls.keyPath) }),
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
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const why = isTaken ? 'another program is listening there' : String(cause);
    throw new DomainError(
      'unavailable',
      `Port ${port} cannot be opened: ${why}. Stop it, or choose another ${setting}.`,
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

function parseNetworks(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const version = isIP(address);
    const family = version === 6 ? 'ipv6' : 'ipv4';
    const length = bits === undefined ? (version === 6 ? 128 : 32) : Number(bits);
    if (version === 0 || !Number.isInteger(length) || length < 0 || length > (version === 6 ? 128 : 32)) {
      throw new DomainError(
        'unavailable',
        `OPENCOTA_TRUSTED_NETWORKS: ${network} is not a network such as 10.0.0.0/8.`,
      );
    }
    list.addSubnet(address, length, family);
  }
  return list;
}
