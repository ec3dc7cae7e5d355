/**
 * `simulate`: registers devices with a running server, connects them, and says how they are doing until it
 * is stopped. stdout is data, stderr is talk.
 */
import { parseArgs } from 'node:util';
import { createApi, registerDevices } from './api.ts';
import { mix, parseShares, type Shares } from './mix.ts';
import { createFleet, type Fleet } from './simulate.ts';

const USAGE = `simulate --url URL --token TOKEN --product KEY [options]

  --url URL          the server, such as http://127.0.0.1:8080
  --mqtt URL         its MQTT address (default: the same host, port 1883)
  --token TOKEN      an API token that may register devices (default: OPENCOTA_TOKEN)
  --product KEY      the product the devices belong to
  --devices N        how many (default 100)
  --mix SHARES       such as good=0.9,silent=0.05,failing=0.05 (the rest is good)
  --seed N           the same seed gives the same fleet (default 1)
  --prefix TEXT      what device names begin with (default: sim- and the time of the start)
  --seconds N        stop by itself after this time
  --json             the summary as one JSON object

Behaviours: good slow late offline failing digest reverting silent linkSdk mute flapping lossy.
Ctrl+C stops and prints the summary.
Exit codes: 0 done, 1 failed, 2 wrong usage.`;

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
const LINE_EVERY_MS = 1_000;
const DEVICES_MAX = 100_000;

class UsageError extends Error {}

type Wish = {
  url: string;
  mqttUrl: string;
  token: string;
  product: string;
  devices: number;
  shares: Shares;
  seed: number;
  prefix: string;
  seconds: number | undefined;
  isJson: boolean;
};

function readWish(args: readonly string[]): Wish | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      mqtt: { type: 'string' },
      token: { type: 'string' },
      product: { type: 'string' },
      devices: { type: 'string', default: '100' },
      mix: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      prefix: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const { url, product } = values;
  const token = values.token ?? process.env.OPENCOTA_TOKEN;
  if (!url || !URL.canParse(url)) throw new UsageError('--url must be the address of the server.');
  if (!product) throw new UsageError('--product must be the key of the product.');
  if (!token) throw new UsageError('--token, or OPENCOTA_TOKEN, must be an API token.');
  return {
    url: url.replace(/\/+$/, ''),
    mqttUrl: values.mqtt ?? `mqtt://${new URL(url).hostname}:1883`,
    token,
    product,
    devices: wholeNumber('--devices', values.devices, 1, DEVICES_MAX),
    shares: parseShares(values.mix),
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 32 - 1),
    prefix: values.prefix ?? `sim-${Date.now().toString(36)}-`,
    seconds: values.seconds === undefined ? undefined : wholeNumber('--seconds', values.seconds, 1, 86_400),
    isJson: values.json,
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
  }
  return value;
}

async function run(wish: Wish): Promise<void> {
  const planned = mix(wish.shares, wish.devices, wish.seed, wish.prefix);
  const secrets = await registerDevices(createApi(wish.url, wish.token), wish.product, planned);
  say(`registered ${secrets.size} devices; they connect to ${wish.mqttUrl}`);
  const devices = planned.map((each) => ({
    ...each,
    productKey: wish.product,
    // Each was registered above, or we would not be here.
    deviceSecret: secrets.get(each.deviceName)!,
  }));
  await using fleet = createFleet({ mqttUrl: wish.mqttUrl, devices, seed: wish.seed });
  const startedMs = performance.now();
  fleet.start();
  const timer = setInterval(() => showLine(fleet, startedMs), LINE_EVERY_MS);
  await stopSignal(wish.seconds);
  clearInterval(timer);
  showLine(fleet, startedMs);
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.stdout.write(`${wish.isJson ? JSON.stringify(summaryOf(fleet, wish)) : summaryText(fleet)}\n`);
}

function stopSignal(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(resolve, seconds * 1000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });
}

function showLine(fleet: Fleet, startedMs: number): void {
  const { online, devices, events } = fleet.counts();
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const line = `${seconds} s  online ${online}/${devices}  offered ${events.offered}  downloaded ${events.downloaded}  applied ${events.applied}  not applied ${events.notApplied}  replied ${events.replyTaken}`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}

function runningOf(fleet: Fleet): Record<string, number> {
  const running: Record<string, number> = {};
  for (const deviceName of fleet.deviceNames()) {
    const runs = fleet.running(deviceName);
    const name = runs === undefined ? 'none' : String(runs.version ?? runs.sha256.slice(0, 12));
    running[name] = (running[name] ?? 0) + 1;
  }
  return running;
}

function summaryOf(fleet: Fleet, wish: Wish) {
  const { seed, product } = wish;
  return { product, seed, ...fleet.counts(), running: runningOf(fleet) };
}

function summaryText(fleet: Fleet): string {
  const { devices, online, events } = fleet.counts();
  const rows = Object.entries({ devices, online, ...events }).map(
    ([name, count]) => `  ${name.padEnd(14)} ${count}`,
  );
  const running = Object.entries(runningOf(fleet)).map(
    ([name, count]) => `  runs ${name.padEnd(9)} ${count}`,
  );
  return [...rows, ...running].join('\n');
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  const wish = readWish(process.argv.slice(2));
  if (wish === 'help') process.stdout.write(`${USAGE}\n`);
  else await run(wish);
  process.exitCode = EXIT.ok;
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    error instanceof RangeError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  say(error instanceof Error ? error.message : String(error));
  if (isUsage) say(`\n${USAGE}`);
  process.exitCode = isUsage ? EXIT.usage : EXIT.failed;
}
