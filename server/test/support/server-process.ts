/**
 * The server as a process of its own, to be killed, stopped and started again on the same directory and
 * ports. What it says on standard output (its JSON log) is read for ports, passwords and codes.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ApiClient, createApiClient } from './api-client.ts';
import { TEST_PASSWORD } from './test-server.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const START_WITHIN_MS = 20_000;
/** How the line begins that names the ports. */
const READY = 'OpenCOTA is ready';
/** Compiled once for the many processes that tests start. */
const COMPILE_CACHE = join(tmpdir(), 'opencota-test-compile-cache');

export type ProcessOptions = {
  dir: string;
  /** Those of an earlier process; any free ones otherwise. */
  httpPort?: number;
  mqttPort?: number;
  environment?: Record<string, string>;
  /** A program that becomes the server, with its arguments: `prlimit --nofile=256`. */
  wrapper?: readonly string[];
};

export type CommandResult = { code: number | null; stdout: string; stderr: string };

/** Loopback is trusted, so that a push needs no code; tests about step-up say otherwise. */
function environmentOf({ dir, httpPort = 0, mqttPort = 0, environment }: ProcessOptions) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('OPENCOTA_') && !name.startsWith('NODE_'),
  );
  return {
    ...Object.fromEntries(kept),
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    OPENCOTA_DATA_DIR: dir,
    OPENCOTA_HOST: '127.0.0.1',
    OPENCOTA_HTTP_PORT: String(httpPort),
    OPENCOTA_MQTT_PORT: String(mqttPort),
    OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8',
    ...environment,
  };
}

const running = new Set<ChildProcess>();

/** For a program that ends while servers run: none is left behind. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function spawnMain(args: readonly string[], options: ProcessOptions): ChildProcess {
  const [program, ...rest] = [...(options.wrapper ?? []), process.execPath];
  const child = spawn(program!, [...rest, '--conditions=development', MAIN, ...args], {
    env: environmentOf(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs a command such as `backup` to its end. */
export async function runCommand(args: readonly string[], options: ProcessOptions): Promise<CommandResult> {
  const child = spawnMain(args, options);
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  child.stdout!.on('data', (chunk) => {
    result.stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    result.stderr += chunk;
  });
  await once(child, 'close');
  return { ...result, code: child.exitCode };
}

export class ServerProcess implements AsyncDisposable {
  readonly dir: string;
  readonly httpPort: number;
  readonly mqttPort: number;
  /** The messages of its log. */
  readonly lines: string[];
  readonly #child: ChildProcess;
  readonly #environment: Record<string, string>;

  private constructor(child: ChildProcess, lines: string[], options: ProcessOptions) {
    // Not always the last one: the first turn of the loop may have had something to say.
    const ready = /http (\d+), mqtt (\d+)/.exec(lines.find((line) => line.startsWith(READY))!)!;
    this.#child = child;
    this.#environment = options.environment ?? {};
    this.dir = options.dir;
    this.lines = lines;
    this.httpPort = Number(ready[1]);
    this.mqttPort = Number(ready[2]);
  }

  /** Resolves when it serves. Rejects with what it wrote when it ends instead. */
  static async start(options: ProcessOptions): Promise<ServerProcess> {
    const child = spawnMain(['serve'], options);
    const lines: string[] = [];
    let complaint = '';
    child.stderr!.on('data', (chunk) => {
      complaint += chunk;
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`does not start: ${complaint}`)), START_WITHIN_MS);
      createInterface({ input: child.stdout! }).on('line', (line) => {
        lines.push(JSON.parse(line).msg);
        if (!lines.at(-1)!.startsWith(READY)) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`ended with code ${code}: ${complaint}`));
      });
    }).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    });
    return new ServerProcess(child, lines, options);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  /** A client with the token of an earlier session, which outlives the process. */
  client(token: string): ApiClient {
    return createApiClient(this.baseUrl, token);
  }

  /** Signs in as the first administrator and, at a first start, chooses the password. */
  async signIn(): Promise<ApiClient> {
    const printed = this.lines.map((line) => /ONE-TIME PASSWORD (\S+)/.exec(line)?.[1]).find(Boolean);
    const password = printed ?? TEST_PASSWORD;
    const session = await this.client('').post('/session', { username: 'admin', password });
    assert.equal(session.status, 201, session.text);
    const client = this.client(session.body.token);
    if (printed === undefined) return client;
    const changed = await client.send('PUT', '/session/password', {
      body: { currentPassword: printed, newPassword: TEST_PASSWORD },
    });
    assert.equal(changed.status, 200, changed.text);
    return client;
  }

  /** The latest step-up code in the log; the log comes a moment after the answer. */
  get code(): string | undefined {
    const codes = this.lines.map((line) => /\b\d{6}\b/.exec(line)?.[0]).filter(Boolean);
    return codes.at(-1);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the process is gone. */
  async ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return { code: child.exitCode, signal: child.signalCode };
  }

  /** Nothing is answered, nothing is flushed. The signal leaves before this returns. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }

  /** Asks it to stop, and says how it ended and after how long. */
  async terminate(): Promise<{ code: number | null; ms: number }> {
    const since = performance.now();
    this.signal('SIGTERM');
    const { code } = await this.ended();
    return { code, ms: performance.now() - since };
  }

  /** Another process on the same directory and ports, unless told otherwise. */
  restart(changed: Partial<ProcessOptions> = {}): Promise<ServerProcess> {
    const { dir, httpPort, mqttPort } = this;
    return ServerProcess.start({ dir, httpPort, mqttPort, environment: this.#environment, ...changed });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
