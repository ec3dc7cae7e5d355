/**
 * `npm run bench -- --million`: the server on a store as it is after years.
 *
 * A million devices in one product and ten million past deliveries (`million-store.ts`). Measured are the
 * start, pages of devices by every filter, and how long the rest waits (`probe.ts`) while a push, the switch
 * or an import is going on. Not compared with anything: there is no floor to what a store does.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { Identity } from '../src/alink.ts';
import { type Api, createApi } from '../src/api.ts';
import { signIn } from '../src/demo/operator.ts';
import { PAGES } from './million-pages.ts';
import { connectNearlyAll, fillStore, MILLION, NAME_PREFIX } from './million-store.ts';
import { type Latencies, type Probe, startProbe } from './probe.ts';
import { createPublisher, install, launch, type Running } from './server-side.ts';
import { readRssBytes } from './usage.ts';

const PROBE_DEVICES = 300;
const PAGE_REPEATS = 9;
const IMPORT_ROWS = 100_000;
const POLL_MS = 50;
const ENDED_MS_MAX = 600_000;
const STORE_FILE = 'opencota.db';

export type MillionReport = {
  devices: number;
  deliveries: number;
  storeBytes: number;
  buildSeconds: number;
  /** From the start of the process to the first answer of `/readyz`. */
  readySeconds: number;
  /** The same after `kill -9` with nearly all devices connected. */
  readyAfterCrashSeconds: number;
  residentBytes: number | null;
  pages: { name: string; medianMs: number; longestMs: number; items: number }[];
  actions: Action[];
};

export type Action = {
  name: string;
  answerSeconds: number;
  seconds: number;
  http: Latencies;
  requests: Latencies;
};

type Scene = {
  dataDir: string;
  devices: Identity[];
  productKey: string;
  token: string;
  say(line: string): void;
};

export async function benchMillion(say: (line: string) => void): Promise<MillionReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'opencota-million-'));
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  try {
    return await measure(dataDir, say);
  } finally {
    remove();
  }
}

async function measure(dataDir: string, say: (line: string) => void): Promise<MillionReport> {
  const path = join(dataDir, STORE_FILE);
  const scene = await prepare(dataDir, say);
  say(`building ${MILLION.devices} devices and ${MILLION.rollouts} rollouts to all of them`);
  const buildMs = performance.now();
  const { devices, deliveries } = fillStore(path, scene.productKey);
  const buildSeconds = since(buildMs);
  const storeBytes = statSync(path).size;
  say(`built ${deliveries} deliveries in ${buildSeconds.toFixed(0)} s, ${(storeBytes / 1e9).toFixed(1)} GB`);

  const { running, seconds: readySeconds } = await startTimed(dataDir);
  await using first = running.child;
  say(`ready ${readySeconds.toFixed(2)} s after the start`);
  const { pages, actions } = await onFirstServer(scene, running, path);
  const residentBytes = readRssBytes(first.pid) ?? null;
  await first.kill();

  const again = await startTimed(dataDir);
  await using _second = again.running.child;
  say(`ready ${again.seconds.toFixed(2)} s after the start that followed kill -9`);
  actions.push(...(await afterCrash(scene, again.running)));
  return {
    devices,
    deliveries,
    storeBytes,
    buildSeconds,
    readySeconds,
    readyAfterCrashSeconds: again.seconds,
    residentBytes,
    pages,
    actions,
  };
}

const since = (startMs: number) => (performance.now() - startMs) / 1000;

/** A server's first start, over the API: the product, the devices that will connect, and ten versions. */
async function prepare(dataDir: string, say: (line: string) => void): Promise<Scene> {
  const { child, ports } = await launch(dataDir, false);
  await using running = child;
  const { findLine } = running;
  const { account } = await signIn({ ...ports, findLine, [Symbol.asyncDispose]: () => child.kill() });
  const api = createApi(`http://127.0.0.1:${ports.httpPort}`, account.token);
  const devices = await install(api, PROBE_DEVICES);
  const publisher = createPublisher(() => api, devices);
  for (let version = 1; version <= MILLION.rollouts; version++) await publisher.save();
  return { dataDir, devices, productKey: devices[0]!.productKey, token: account.token, say };
}

async function startTimed(dataDir: string): Promise<{ running: Running; seconds: number }> {
  const startMs = performance.now();
  const running = await launch(dataDir, false);
  const answer = await fetch(`http://127.0.0.1:${running.ports.httpPort}/readyz`);
  if (!answer.ok) throw new Error(`/readyz answered ${answer.status}`);
  return { running, seconds: since(startMs) };
}

const apiOf = ({ token }: Scene, { ports }: Running) =>
  createApi(`http://127.0.0.1:${ports.httpPort}`, token);

async function onFirstServer(scene: Scene, running: Running, path: string) {
  const api = apiOf(scene, running);
  await using probe = await startProbe(running.ports, scene.devices);
  const actions: Action[] = [];
  const run = runner(scene, probe, actions);
  await run(`import of ${IMPORT_ROWS} rows`, () => importDevices(api, scene.productKey));
  await run('switch off', () => setSwitch(api, scene.productKey, false));
  await run('switch on', () => setSwitch(api, scene.productKey, true));
  const sessions = connectNearlyAll(path, scene.productKey);
  scene.say(`${sessions} devices count as connected`);
  const pages = await measurePages(api, scene.productKey, scene.say);
  return { pages, actions };
}

/** The sessions of the killed server end, a batch a turn; then a push to everyone. */
async function afterCrash(scene: Scene, running: Running): Promise<Action[]> {
  const api = apiOf(scene, running);
  await using probe = await startProbe(running.ports, scene.devices);
  const actions: Action[] = [];
  const run = runner(scene, probe, actions);
  await run('ending the sessions of a killed server', () => sessionsEnded(api, scene.productKey));
  await run('push, until every delivery is written', (answered) => push(api, scene.productKey, answered));
  await run('cancel of that push, until all is closed', (answered) =>
    cancel(api, scene.productKey, answered),
  );
  return actions;
}

/** `answered` is called when the request itself was answered, where work goes on behind it. */
type Work = (answered: () => void) => Promise<void>;

function runner({ say }: Scene, probe: Probe, actions: Action[]) {
  return async (name: string, work: Work): Promise<void> => {
    const startMs = performance.now();
    let answerSeconds: number | undefined;
    const answered = () => {
      answerSeconds = since(startMs);
    };
    const { seconds, probed } = await probe.during(() => work(answered));
    const action: Action = { name, answerSeconds: answerSeconds ?? seconds, seconds, ...probed };
    actions.push(action);
    say(actionLine(action));
  };
}

async function importDevices(api: Api, productKey: string): Promise<void> {
  const rows = Array.from({ length: IMPORT_ROWS }, (_, index) => `more-${index},batch-2\n`);
  const { status } = await api.send('POST', `/products/${productKey}/devices/bulk`, {
    text: `deviceName,tags\n${rows.join('')}`,
    type: 'text/csv',
  });
  if (status >= 300) throw new Error(`the import was answered ${status}`);
}

async function setSwitch(api: Api, productKey: string, enabled: boolean): Promise<void> {
  await api.call('PATCH', `/products/${productKey}`, { json: { enabled } });
}

async function sessionsEnded(api: Api, productKey: string): Promise<void> {
  await until(async () => {
    const { onlineCount } = await api.call<{ onlineCount: number }>('GET', `/products/${productKey}`);
    return onlineCount <= PROBE_DEVICES;
  });
}

async function push(api: Api, productKey: string, answered: () => void): Promise<void> {
  const { id } = await api.call<RolloutView>('POST', `/products/${productKey}/rollouts`, {
    json: { version: MILLION.rollouts },
  });
  answered();
  await until(
    async () => !(await api.call<RolloutView>('GET', `/rollouts/${id}`)).reason.startsWith('preparing'),
  );
}

async function cancel(api: Api, productKey: string, answered: () => void): Promise<void> {
  const { items } = await api.call<{ items: RolloutView[] }>(
    'GET',
    `/products/${productKey}/rollouts?limit=1`,
  );
  const id = items[0]!.id;
  await api.call('POST', `/rollouts/${id}/actions/cancel`, { json: {} });
  answered();
  await until(async () => (await api.call<RolloutView>('GET', `/rollouts/${id}`)).counters.pending === 0);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + ENDED_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error('it did not end within ten minutes');
    await delay(POLL_MS);
  }
}

async function measurePages(api: Api, productKey: string, say: (line: string) => void) {
  const measured: MillionReport['pages'] = [];
  for (const { name, query, after } of PAGES) {
    const cursor =
      after === undefined
        ? ''
        : `&cursor=${Buffer.from(JSON.stringify(`${NAME_PREFIX}${after}`)).toString('base64url')}`;
    const path = `/products/${productKey}/devices?${query}${cursor}`;
    const times: number[] = [];
    let items = 0;
    for (let time = 0; time < PAGE_REPEATS; time++) {
      const startMs = performance.now();
      items = (await api.call<{ items: unknown[] }>('GET', path)).items.length;
      times.push(performance.now() - startMs);
    }
    times.sort((a, b) => a - b);
    const page = { name, medianMs: times[times.length >> 1]!, longestMs: times.at(-1)!, items };
    measured.push(page);
    say(pageLine(page));
  }
  return measured;
}

const ms = (value: number) => `${value.toFixed(1)} ms`.padStart(10);

export function pageLine({ name, medianMs, longestMs, items }: MillionReport['pages'][number]): string {
  return `${name.padEnd(48)}${ms(medianMs)}${ms(longestMs)}${String(items).padStart(6)} rows`;
}

export function actionLine({ name, answerSeconds, seconds, http, requests }: Action): string {
  const waits = `longest wait: HTTP ${ms(http.longestMs)}, device ${ms(requests.longestMs)}`;
  return `${name.padEnd(48)}answer ${answerSeconds.toFixed(2)} s, done ${seconds.toFixed(2)} s; ${waits}`;
}
