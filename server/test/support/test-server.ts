/**
 * A whole server in this process, on free ports and a directory of its own, with real MQTT and HTTP.
 * For tests that kill a server, see `server-process.ts`.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { CHEAP_PASSWORDS } from './cheap-passwords.ts';
import type { TestTime } from './test-clock.ts';

export type TestServer = AsyncDisposable & {
  readonly app: App;
  readonly baseUrl: string;
  readonly mqttPort: number;
  readonly dir: string;
  /** Lines printed for people: one-time password, step-up codes. */
  readonly printed: string[];
  /** The first administrator. */
  readonly admin: ApiClient;
  /** A client without credentials. */
  readonly nobody: ApiClient;
  /** Creates a user with these roles and signs in. */
  signInAs(username: string, roles: readonly string[]): Promise<ApiClient>;
  /** Answers the step-up challenge of a refused push by the code in the log. */
  passStepUp(client: ApiClient): Promise<void>;
  /** Pushes a version, step-up included. @returns the rollout's view. */
  push(
    productKey: string,
    version: number,
    more?: Record<string, unknown>,
  ): Promise<{ id: number } & Record<string, unknown>>;
};

export type TestServerOptions = {
  environment?: Record<string, string>;
  time?: TestTime;
  /** Where the built console is, when not at its usual place. */
  consoleDirectory?: string;
  /** A directory to keep between two servers; the test removes it. */
  dir?: string;
};

/** Set on first use in a directory, for a server started on it again. */
export const TEST_PASSWORD = 'a long test password';

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'opencota-test-')));
  const printed: string[] = [];
  const config = readConfig({
    OPENCOTA_DATA_DIR: dir,
    OPENCOTA_HOST: '127.0.0.1',
    OPENCOTA_HTTP_PORT: '0',
    OPENCOTA_MQTT_PORT: '0',
    OPENCOTA_KEEP_ALIVE_MIN: '1',
    ...options.environment,
  });
  const app = await startApp({
    config,
    log: pino({ level: process.env.OPENCOTA_TEST_LOG ?? 'silent' }),
    print: (line) => printed.push(line),
    passwordCost: CHEAP_PASSWORDS,
    ...(options.consoleDirectory === undefined ? {} : { consoleDirectory: options.consoleDirectory }),
    ...(options.time === undefined ? {} : { time: options.time }),
  });
  const baseUrl = `http://127.0.0.1:${app.httpPort}`;
  const nobody = createApiClient(baseUrl);
  const admin = await signInAdmin(app, baseUrl);

  const passStepUp = async (client: ApiClient) => {
    const sent = await client.post('/step-up', {});
    assert.equal(sent.status, 201, sent.text);
    const code = /\b\d{6}\b/.exec(printed.at(-1)!)![0];
    const verified = await client.post(`/step-up/${sent.body.challengeId}`, { code });
    assert.equal(verified.status, 200, verified.text);
  };
  return {
    app,
    baseUrl,
    mqttPort: app.mqttPort!,
    dir,
    printed,
    admin,
    nobody,
    async signInAs(username, roles) {
      const password = `${username} has a long password`;
      const created = await admin.post('/users', { username, roles, password });
      assert.equal(created.status, 201, created.text);
      return signIn(baseUrl, username, password);
    },
    passStepUp,
    async push(productKey, version, more = {}) {
      const path = `/products/${productKey}/rollouts`;
      let answer = await admin.post(path, { version, ...more });
      if (answer.body?.code === 'step-up-required') {
        await passStepUp(admin);
        answer = await admin.post(path, { version, ...more });
      }
      assert.equal(answer.status, 202, answer.text);
      return answer.body;
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The first start's one-time password is replaced at once, so that the directory can be used again. */
async function signInAdmin(app: App, baseUrl: string): Promise<ApiClient> {
  if (app.firstAdmin === undefined) return signIn(baseUrl, 'admin', TEST_PASSWORD);
  const { username, oneTimePassword } = app.firstAdmin;
  const client = await signIn(baseUrl, username, oneTimePassword);
  const changed = await client.send('PUT', '/session/password', {
    body: { currentPassword: oneTimePassword, newPassword: TEST_PASSWORD },
  });
  assert.equal(changed.status, 200, changed.text);
  return client;
}

async function signIn(baseUrl: string, username: string, password: string): Promise<ApiClient> {
  const answer = await createApiClient(baseUrl).post('/session', { username, password });
  assert.equal(answer.status, 201, answer.text);
  return createApiClient(baseUrl, answer.body.token);
}

/** Waits for a condition by asking again, up to a limit that only a failure reaches. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 10_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`Waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
