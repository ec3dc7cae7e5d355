/** Runs the server until a signal says stop, then drains within ten seconds (fault 3). */
import { type App, startApp } from './app.ts';
import type { Config } from './config.ts';
import { createLog, type Log } from './observe/log.ts';

const DRAIN_WITHIN_MS = 10_000;

/** `isUnderNpm`: npm's shell dies of a signal without passing it on, so the server stops with its parent. */
export async function serve(config: Config, isUnderNpm: boolean): Promise<number> {
  const { log, print } = createLog(config.logLevel, process.stdout.isTTY === true);
  // Heard from the beginning: one that comes as soon as the server answers must not find nobody listening.
  const stopping = stopSignal(isUnderNpm);
  const app = await startApp({ config, log, print });
  await announce(app, config, { log, print });
  const signal = await stopping;
  log.info(`stopping (${signal}): no new requests, answering what is under way`);
  const timer = setTimeout(() => {
    log.error('the drain took too long; stopping at once');
    process.exit(0);
  }, DRAIN_WITHIN_MS);
  timer.unref();
  await app[Symbol.asyncDispose]();
  log.info('stopped');
  return 0;
}

async function announce(app: App, config: Config, { log, print }: Log): Promise<void> {
  if (app.firstAdmin !== undefined) {
    const { username, oneTimePassword } = app.firstAdmin;
    await print(
      `FIRST START: sign in as "${username}" with the ONE-TIME PASSWORD ${oneTimePassword} and choose your own. It is good for 24 hours and is not shown again.`,
    );
  }
  if (config.publicUrl === null) {
    log.warn(
      `OPENCOTA_PUBLIC_URL is not set: download links say http://127.0.0.1:${app.httpPort}, which only devices on this machine reach.`,
    );
  }
  if (config.publicUrl !== null && new URL(config.publicUrl).port !== '') {
    log.warn(
      `OPENCOTA_PUBLIC_URL has a port: C Link SDK 4.1 and iotkit-embedded 3 cannot read one in a link. Other devices can.`,
    );
  }
  const { httpPort, mqttPort, mqttsPort } = app;
  const mqtt = [mqttPort && `mqtt ${mqttPort}`, mqttsPort && `mqtts ${mqttsPort}`].filter(Boolean).join(', ');
  log.info(
    { httpPort, mqttPort, mqttsPort },
    `OpenCOTA is ready: http ${httpPort}, ${mqtt}. API reference: http://127.0.0.1:${httpPort}/docs`,
  );
}

const PARENT_CHECK_MS = 500;

function stopSignal(isUnderNpm: boolean): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    const parent = process.ppid;
    if (!isUnderNpm) return;
    setInterval(() => {
      if (process.ppid !== parent) resolve('npm has ended');
    }, PARENT_CHECK_MS).unref();
  });
}
