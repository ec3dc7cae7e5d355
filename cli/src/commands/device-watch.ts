/** `device watch`: a line whenever something about one device changes. It asks again and again: there is no stream of one device. */
import { setTimeout as wait } from 'node:timers/promises';
import { ApiUnreachable, type Client } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit.ts';
import { wholeNumber } from '../options.ts';
import { action, examples, type Shell } from '../shell.ts';
import { clean } from '../text.ts';

type Detail = Awaited<ReturnType<Client['devices']['get']>>;
type Options = { interval: number; timeout?: number };
const ABORTED = 'AbortError';

export function addDeviceWatch(device: Command): void {
  device
    .command('watch')
    .description('print a line whenever the device connects, downloads, confirms or fails; Ctrl+C ends it')
    .argument('<product>', 'its productKey')
    .argument('<device>', 'its deviceName')
    .option('--interval <seconds>', 'how often to look', wholeNumber(1, 3_600), 2)
    .option('--timeout <seconds>', 'end after this time', wholeNumber(1, 86_400))
    .addHelpText('after', examples('device watch a1Lock lock-01'))
    .action(
      action<[string, string], Options>(async (shell, [productKey, deviceName], options) => {
        const client = await shell.connect();
        const stop = new AbortController();
        process.once('SIGINT', () => stop.abort());
        const timeout = options.timeout === undefined ? [] : [AbortSignal.timeout(options.timeout * 1000)];
        const signal = AbortSignal.any([stop.signal, ...timeout]);
        const look = () => client.devices.get(productKey, deviceName);
        await watch(shell, look, { intervalMs: options.interval * 1000, signal });
        return EXIT.ok satisfies ExitCode;
      }),
    );
}

async function watch(
  { out }: Shell,
  look: () => Promise<Detail>,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  // The first look decides whether there is such a device at all.
  let found: Detail | undefined = await look();
  let last = '';
  let wasReached = true;
  while (!signal.aborted) {
    if (found !== undefined) {
      const now = summaryOf(found);
      const shown = { at: new Date().toISOString(), ...found };
      if (now !== last) out.print(shown, () => `${new Date().toLocaleTimeString('en-GB')}  ${now}`);
      last = now;
    }
    if (!(await slept(intervalMs, signal))) return;
    found = await look().catch((error: unknown) => {
      if (!(error instanceof ApiUnreachable)) throw error;
      if (wasReached) out.say(`${error.url} cannot be reached: ${error.message}. Trying again.`);
      return undefined;
    });
    wasReached = found !== undefined;
  }
}

/** False: the signal came first. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === ABORTED) return false;
    throw error;
  }
}

function summaryOf(device: Detail): string {
  const { latestDelivery, lastError } = device;
  const parts = [
    device.enabled ? (device.online ? 'online' : 'offline') : 'disabled',
    `downloaded ${device.downloadedVersion || '–'}`,
    `confirmed ${device.confirmedVersion || '–'}`,
  ];
  if (latestDelivery !== null)
    parts.push(
      `rollout ${latestDelivery.rolloutId}: version ${latestDelivery.version} ${latestDelivery.state}`,
    );
  if (lastError !== null)
    parts.push(`last error (version ${lastError.version}): ${clean(lastError.message)}`);
  return parts.join('  ');
}
