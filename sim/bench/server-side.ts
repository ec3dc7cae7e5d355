/** The real server as a side of the benchmark: installed as anyone would, with its data on this disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { Identity } from '../src/alink.ts';
import { type Api, createApi, registerDevices } from '../src/api.ts';
import { signIn } from '../src/demo/operator.ts';
import { type Child, REPOSITORY, startChild } from './child.ts';
import type { Ports } from './messages.ts';
import { configurationOf, type Push, type Side } from './side.ts';

const SERVER_MAIN = join(REPOSITORY, 'server/src/main.ts');
const READY_MS_MAX = 20_000;
const RECORDED_MS_MAX = 60_000;
const POLL_MS = 5;
/** A server that is being killed may still write. */
const REMOVE_RETRIES_MAX = 5;

export type ServerSide = { side: Side; devices: Identity[] };

/** A server with a product, its devices and a first version. */
export async function startServerSide(
  deviceCount: number,
  { isInspectable }: { isInspectable: boolean },
): Promise<ServerSide> {
  const dataDir = mkdtempSync(join(tmpdir(), 'opencota-bench-'));
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: REMOVE_RETRIES_MAX });
  process.once('exit', remove);
  const start = () => launch(dataDir, isInspectable);
  let running: Running | undefined;
  try {
    running = await start();
    const { child } = running;
    const ports = () => running!.ports;
    const { findLine } = child;
    const stop = () => child.kill();
    const { account } = await signIn({ ...running.ports, findLine, [Symbol.asyncDispose]: stop });
    // Its port is another after each start.
    const api = () => createApi(`http://127.0.0.1:${ports().httpPort}`, account.token);
    const devices = await install(api(), deviceCount);
    const publisher = createPublisher(api, devices);
    await publisher.save();
    const side: Side = {
      name: 'server',
      child: () => running!.child,
      ports,
      preparePush: () => publisher.preparePush(),
      async start() {
        running = await start();
      },
      async [Symbol.asyncDispose]() {
        await running!.child.kill();
        remove();
      },
    };
    return { side, devices };
  } catch (error) {
    await running?.child.kill();
    remove();
    throw error;
  }
}

export type Running = { child: Child; ports: Ports };

/** `serve` as anyone would start it, on ports of its own. */
export async function launch(dataDir: string, isInspectable: boolean): Promise<Running> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('OPENCOTA_'));
  const child = startChild({
    args: [SERVER_MAIN, 'serve'],
    environment: {
      ...Object.fromEntries(inherited),
      OPENCOTA_DATA_DIR: dataDir,
      OPENCOTA_HOST: '127.0.0.1',
      OPENCOTA_HTTP_PORT: '0',
      OPENCOTA_MQTT_PORT: '0',
      // A person's second factor is not what is measured.
      OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8',
    },
    hasIpc: false,
    isInspectable,
  });
  try {
    const [line] = await child.findLine(/^.*"httpPort":.*$/, READY_MS_MAX);
    const { httpPort, mqttPort } = JSON.parse(line);
    return { child, ports: { httpPort, mqttPort } };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** A product whose pushes are done when devices confirm, and which may be pushed to again at once. */
export async function install(api: Api, deviceCount: number): Promise<Identity[]> {
  const { productKey } = await api.call<{ productKey: string }>('POST', '/products', {
    json: { name: 'Benchmark' },
  });
  await api.call('PATCH', `/products/${productKey}`, {
    json: { enabled: true, coolDownSeconds: 0, doneWhen: 'applied', requestPolicy: 'saved' },
  });
  const names = Array.from({ length: deviceCount }, (_, index) => ({ deviceName: `device-${index + 1}` }));
  const secrets = await registerDevices(api, productKey, names);
  return [...secrets].map(([deviceName, deviceSecret]) => ({ productKey, deviceName, deviceSecret }));
}

export function createPublisher(api: () => Api, devices: readonly Identity[]) {
  const path = `/products/${devices[0]!.productKey}`;
  let edition = 0;
  let ifMatch: Record<string, string> = { 'if-none-match': '*' };

  const save = async (): Promise<number> => {
    edition += 1;
    const text = configurationOf(edition);
    const { etag } = await api().send('PUT', `${path}/draft`, {
      text,
      type: 'application/json',
      headers: ifMatch,
    });
    ifMatch = { 'if-match': etag };
    const saved = await api().call<{ number: number }>('POST', `${path}/versions`, { json: {} });
    return saved.number;
  };
  const preparePush = async (): Promise<Push> => {
    const version = await save();
    let rolloutId = 0;
    return {
      async start() {
        const rollout = await api().call<RolloutView>('POST', `${path}/rollouts`, { json: { version } });
        rolloutId = rollout.id;
      },
      recorded: () => untilRecorded(api(), { path, rolloutId, version, deviceCount: devices.length }),
    };
  };
  return { save, preparePush };
}

type Expected = { path: string; rolloutId: number; version: number; deviceCount: number };

/** Completed, every device confirmed, and every device's download counted. */
async function untilRecorded(api: Api, expected: Expected): Promise<void> {
  const { path, rolloutId, version, deviceCount } = expected;
  const endMs = performance.now() + RECORDED_MS_MAX;
  for (;;) {
    const { state, counters } = await api.call<RolloutView>('GET', `/rollouts/${rolloutId}`);
    if (state === 'completed') {
      const { usage } = await api.call<{ usage: { version: number; deviceCount: number }[] }>('GET', path);
      const downloads = usage.find((each) => each.version === version)?.deviceCount;
      if (counters.applied === deviceCount && downloads === deviceCount) return;
      throw new Error(
        `of ${deviceCount} devices ${counters.applied} are recorded as applied and ${downloads} as downloaded`,
      );
    }
    if (performance.now() > endMs)
      throw new Error(`the rollout was not completed within ${RECORDED_MS_MAX / 1000} s`);
    await delay(POLL_MS);
  }
}
