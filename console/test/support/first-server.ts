/** A server that nobody signed in to yet: its one-time password is still good. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApp } from '../../../server/src/app.ts';
import { readConfig } from '../../../server/src/config.ts';

export type FirstServer = AsyncDisposable & {
  readonly baseUrl: string;
  readonly mqttPort: number;
  readonly oneTimePassword: string;
  /** Lines printed for people, such as codes. */
  readonly printed: string[];
};

export async function startFirstServer(): Promise<FirstServer> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-first-'));
  const printed: string[] = [];
  const config = readConfig({
    OPENCOTA_DATA_DIR: dir,
    OPENCOTA_HOST: '127.0.0.1',
    OPENCOTA_HTTP_PORT: '0',
    OPENCOTA_MQTT_PORT: '0',
  });
  const app = await startApp({
    config,
    log: pino({ level: 'silent' }),
    print: (line) => printed.push(line),
  });
  return {
    baseUrl: `http://127.0.0.1:${app.httpPort}`,
    mqttPort: app.mqttPort!,
    oneTimePassword: app.firstAdmin!.oneTimePassword,
    printed,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
