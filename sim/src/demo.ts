/**
 * `npm run demo`: a server with fresh data, a product, a fleet, one configuration pushed to it, and what
 * became of every device.
 *
 * The scenario and its judgement are in `demo/scenario.ts`. This file is the stage: it starts everything in
 * order, and takes it down in reverse whatever happens.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Api, registerDevices } from './api.ts';
import { type DemoDevices, SDK_DEVICES_MAX, startDevices } from './demo/devices.ts';
import {
  type Account,
  countOnline,
  createProduct,
  push,
  saveConfiguration,
  signIn,
} from './demo/operator.ts';
import { type DemoOptions, readOptions, USAGE, UsageError } from './demo/options.ts';
import { findRollout, follow, listDeliveries } from './demo/progress.ts';
import { type CastMember, cast, countRole, firstConfirmedAt, judge, type Summary } from './demo/scenario.ts';
import { portOrAny, ServerError, type ServerProcess, startServer } from './demo/server-process.ts';
import { placesLines, summaryLines } from './demo/summary.ts';
import { createTerminal, type Terminal } from './demo/terminal.ts';
import { type Texts, textsFor } from './demo/texts.ts';
import { createView, type View } from './demo/view.ts';

const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
const HTTP_PORT = 8080;
const MQTT_PORT = 1883;
/** The late devices are switched on this long after the push. */
const LATE_AFTER_MS = 3_000;
/** What nothing is expected of any more has settled; this is how long it may take. */
const SETTLE_MS_MAX = 60_000;
const SETTLE_MS_PER_DEVICE = 20;
const ONLINE_MS_MAX = 15_000;
const POLL_MS = 50;
/** A larger fleet is followed by counters alone. */
const LISTED_DEVICES_MAX = 60;
const NAMES_SHOWN_MAX = 3;

type Stage = {
  options: DemoOptions;
  terminal: Terminal;
  texts: Texts;
  view: View;
  resources: AsyncDisposableStack;
  onServerLost: (error: ServerError) => void;
};
type Scene = Stage & {
  server: ServerProcess;
  api: Api;
  account: Account;
  members: readonly CastMember[];
  productKey: string;
  devices: DemoDevices;
};

/** Seconds since the process was started, not since this module was loaded. */
const secondsSinceStart = () => performance.now() / 1000;

async function play(stage: Stage): Promise<Summary> {
  const { view, options } = stage;
  view.title(options.devices);
  const dir = makeDirectory(stage.resources);
  const scene = await setUp(stage, dir);
  const version = await save(scene);
  const summary = await pushAndFollow(scene, version);
  view.end();
  stage.terminal.print(...summaryLines(stage.terminal, stage.texts, summary));
  if (!options.isEnding) {
    const url = `http://127.0.0.1:${scene.server.httpPort}`;
    const places = {
      url,
      rolloutId: summary.rolloutId,
      account: scene.account,
      dataDir: join(dir, 'server'),
    };
    stage.terminal.print(...placesLines(stage.terminal, stage.texts, places));
  }
  return summary;
}

function makeDirectory(resources: AsyncDisposableStack): string {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-demo-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  // Again at the very end: a device that is just starting may have made its directory anew.
  process.once('exit', remove);
  resources.defer(remove);
  return dir;
}

async function setUp(stage: Stage, dir: string): Promise<Scene> {
  const { options, view, texts, resources } = stage;
  view.begin('server', texts.starting);
  const server = resources.use(
    await startServer({
      dataDir: join(dir, 'server'),
      httpPort: options.httpPort ?? (await portOrAny(HTTP_PORT)),
      mqttPort: options.mqttPort ?? (await portOrAny(MQTT_PORT)),
      onLost: stage.onServerLost,
    }),
  );
  view.done('server', texts.server(server.httpPort, server.mqttPort));

  view.begin('signIn', texts.signingIn);
  const { api, account } = await signIn(server);
  view.done('signIn', texts.signedIn);

  view.begin('product', texts.creating);
  const { productKey, name } = await createProduct(api);
  view.done('product', texts.product(name, productKey));

  view.begin('devices', texts.connecting(options.devices));
  const members = cast(options.devices);
  const secrets = await registerDevices(api, productKey, members);
  const { mqttPort } = server;
  const devices = resources.use(
    startDevices({ members, productKey, secrets, mqttPort, dir: join(dir, 'devices') }),
  );
  await devices.online();
  const late = countRole(members, 'late');
  const isSdk = members.length <= SDK_DEVICES_MAX;
  view.done('devices', texts.online({ devices: members.length, online: members.length - late, late, isSdk }));
  return { ...stage, server, api, account, members, productKey, devices };
}

async function save({ api, productKey, members, view, texts }: Scene): Promise<number> {
  view.begin('config', texts.saving);
  const { file, version } = await saveConfiguration(api, productKey);
  const online = members.length - countRole(members, 'late');
  // The store learns of connections in batches.
  await waitFor(async () => (await countOnline(api, productKey, version.number)) >= online, ONLINE_MS_MAX);
  view.done('config', texts.saved(file, version.size, version.number));
  return version.number;
}

async function waitFor(isSo: () => Promise<boolean>, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`Not all devices are online after ${withinMs / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function pushAndFollow(scene: Scene, version: number): Promise<Summary> {
  const { api, server, productKey, view, texts } = scene;
  view.begin('push', texts.pushing);
  const rollout = await push(
    { api, server, productKey, version },
    {
      onRefused() {
        view.done('push', texts.refused);
        view.begin('stepUp', texts.asking);
      },
      onCode: (code) => view.done('stepUp', texts.code(code)),
    },
  );
  view.done('push', texts.accepted(version, rollout.deviceTotal));

  view.begin('rollout', texts.following);
  const isSettled = await followAll(scene, rollout.id);
  const seconds = secondsSinceStart();
  if (isSettled) view.done('rollout', texts.settled(seconds.toFixed(1)));
  return summarise(scene, rollout.id, { version, seconds });
}

async function summarise(
  { api, members, productKey }: Scene,
  rolloutId: number,
  { version, seconds }: { version: number; seconds: number },
): Promise<Summary> {
  const { counters: counts } = await findRollout(api, rolloutId);
  const found = await listDeliveries(api, rolloutId);
  const { ok, outcomes } = judge(members, found);
  const firstAt = firstConfirmedAt(found);
  return {
    ok,
    devices: members.length,
    productKey,
    rolloutId,
    version,
    counts,
    secondsToFirstConfirmed: firstAt === null ? null : round((firstAt - performance.timeOrigin) / 1000),
    seconds: round(seconds),
    outcomes: Object.fromEntries(outcomes),
  };
}

/** @returns false when the time was over before all had settled. */
async function followAll(scene: Scene, rolloutId: number): Promise<boolean> {
  const { api, members, devices, view, texts, resources } = scene;
  const timer = setTimeout(() => {
    view.note(texts.switchedOn(lateNames(members)));
    devices.switchOnLate();
  }, LATE_AFTER_MS);
  resources.defer(() => clearTimeout(timer));
  const look = async () => {
    const { counters: counts, deviceTotal: total } = await findRollout(api, rolloutId);
    const found = total <= LISTED_DEVICES_MAX ? await listDeliveries(api, rolloutId) : [];
    view.progress({ counts, total, found });
  };
  const withinMs = SETTLE_MS_MAX + members.length * SETTLE_MS_PER_DEVICE;
  const isSettled = await follow(api, rolloutId, { withinMs, look });
  await look();
  return isSettled;
}

function lateNames(members: readonly CastMember[]): string {
  const names = members.filter(({ role }) => role === 'late').map(({ deviceName }) => deviceName);
  const more = names.length - NAMES_SHOWN_MAX;
  return `${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more > 0 ? ` … (+${more})` : ''}`;
}

const round = (seconds: number) => Math.round(seconds * 100) / 100;

async function run(options: DemoOptions): Promise<number> {
  // With --json, stdout is for the one line of data.
  const terminal = createTerminal(options.isJson ? process.stderr : process.stdout, process.env);
  const texts = textsFor(process.env.LANG);
  const view = createView(terminal, texts);
  process.once('exit', terminal.close);
  const resources = new AsyncDisposableStack();
  const lost = Promise.withResolvers<never>();
  const over = Promise.race([untilInterrupted(), lost.promise]);
  const stage = { options, terminal, texts, view, resources, onServerLost: lost.reject };
  let code: number = EXIT.failed;
  try {
    const summary = await Promise.race([play(stage), over]);
    if (summary === 'interrupted') {
      code = EXIT.interrupted;
    } else {
      if (options.isJson) process.stdout.write(`${JSON.stringify(summary)}\n`);
      if (!options.isEnding) await over;
      code = summary.ok ? EXIT.ok : EXIT.failed;
    }
  } catch (error) {
    view.end();
    report(terminal, texts, error);
  }
  view.end();
  const isStopped = !options.isEnding || code === EXIT.interrupted;
  if (isStopped) terminal.draw([`  ${texts.stopping} …`]);
  await resources.disposeAsync();
  if (isStopped) terminal.print(`  ${texts.stopped}`);
  return code;
}

/** A second signal ends the process at once; the handlers of `exit` still clean up. */
function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(EXIT.interrupted);
        isStopping = true;
        resolve('interrupted');
      });
    }
  });
}

function report({ paint, print }: Terminal, texts: Texts, error: unknown): void {
  print('', `  ${paint('red', '✗')} ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof ServerError && error.logTail.length > 0) {
    print('', `  ${texts.logTail}`, ...error.logTail.map((line) => `    ${line}`));
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(`${USAGE}\n`);
  // What an interrupted play has still begun ends here.
  else process.exit(await run(options));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}\n`);
  process.exitCode = EXIT.usage;
}
