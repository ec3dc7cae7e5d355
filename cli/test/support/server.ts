/**
 * The real server as a process of its own. Its log, one JSON object per line, is read for ports, the one-time
 * password and verification codes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cleanEnvironment } from './environment.ts';

const MAIN = join(import.meta.dirname, '../../../server/src/main.ts');
const START_WITHIN_MS = 20_000;
const CODE_WITHIN_MS = 10_000;

export const PASSWORD = 'a long test password';

export class TestServer implements AsyncDisposable {
  readonly dir: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #lines: string[] = [];
  #onLine: () => void = () => {};
  #httpPort = 0;
  #mqttPort = 0;

  private constructor(dir: string, environment: Readonly<Record<string, string>>) {
    this.dir = dir;
    this.#environment = environment;
  }

  static async start(environment: Record<string, string> = {}): Promise<TestServer> {
    const server = new TestServer(await mkdtemp(join(tmpdir(), 'opencota-cli-server-')), environment);
    await server.run();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#httpPort}`;
  }

  get mqtt(): string {
    return `mqtt://127.0.0.1:${this.#mqttPort}`;
  }

  get oneTimePassword(): string {
    return this.#lines.map((line) => /ONE-TIME PASSWORD (\S+)/.exec(line)?.[1]).find(Boolean) ?? '';
  }

  /** Starts it, again on the same ports and directory. Resolves when it serves. */
  async run(): Promise<void> {
    const child = spawn(process.execPath, ['--conditions=development', MAIN, 'serve'], {
      env: {
        ...cleanEnvironment(),
        OPENCOTA_DATA_DIR: this.dir,
        OPENCOTA_HOST: '127.0.0.1',
        OPENCOTA_HTTP_PORT: String(this.#httpPort),
        OPENCOTA_MQTT_PORT: String(this.#mqttPort),
        OPENCOTA_KEEP_ALIVE_MIN: '1',
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), START_WITHIN_MS);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The server ended with code ${code}: ${complaint}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message: string = JSON.parse(line).msg;
        this.#lines.push(message);
        this.#onLine();
        const ports = /http (\d+), mqtt (\d+)/.exec(message);
        if (ports === null) return;
        this.#httpPort = Number(ports[1]);
        this.#mqttPort = Number(ports[2]);
        resolve();
      });
    }).finally(() => clearTimeout(timer));
  }

  /** The next verification code that the log shows, counted from the call. */
  async nextCode(): Promise<string> {
    const from = this.#lines.length;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(new Error('no code came')), CODE_WITHIN_MS);
    this.#onLine = () => {
      const code = this.#lines
        .slice(from)
        .map((line) => /CODE.*?: (\d{6})\b/.exec(line)?.[1])
        .find(Boolean);
      if (code !== undefined) resolve(code);
    };
    return promise.finally(() => clearTimeout(timer));
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}
