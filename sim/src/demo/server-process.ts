/**
 * The server as a child process with a data directory of its own. It is killed and its directory removed
 * whatever happens to the demo, short of a SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type ServerProcess = AsyncDisposable & {
  readonly httpPort: number;
  readonly mqttPort: number;
  /** The first line of the log, past or to come, that matches. */
  findLine(pattern: RegExp, withinMs: number): Promise<RegExpExecArray>;
};

/** Something is wrong with the server; `logTail` are its last words. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly logTail: readonly string[];

  constructor(message: string, logTail: readonly string[]) {
    super(message);
    this.logTail = logTail;
  }
}

const READY_MS_MAX = 20_000;
/** The server itself drains within ten seconds. */
const STOP_MS_MAX = 12_000;
const LOG_LINES_KEPT = 500;
export const LOG_LINES_SHOWN = 12;

const REPOSITORY = join(import.meta.dirname, '../../..');
const SERVER_MAIN = join(REPOSITORY, 'server/src/main.ts');

export type ServerOptions = {
  dataDir: string;
  /** 0: any free one. */
  httpPort: number;
  mqttPort: number;
  /** It ended although nobody asked it to. */
  onLost: (error: ServerError) => void;
};

export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--conditions=development', SERVER_MAIN, 'serve'], {
    cwd: REPOSITORY,
    env: environmentFor(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const log = createLogBook(child);
  const lose = () => options.onLost(log.fail('The server has ended.'));
  child.once('close', lose);
  const stop = async () => {
    child.removeListener('close', lose);
    await end(child);
    process.removeListener('exit', killAtExit);
  };
  try {
    const [line] = await log.find(/^.*"httpPort":.*$/, READY_MS_MAX);
    const { httpPort, mqttPort } = JSON.parse(line);
    return { httpPort, mqttPort, findLine: log.find, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Only our own settings: those of the user's shell are for another server. */
function environmentFor({ dataDir, httpPort, mqttPort }: ServerOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('OPENCOTA_'));
  return {
    ...Object.fromEntries(inherited),
    OPENCOTA_DATA_DIR: dataDir,
    OPENCOTA_HOST: '127.0.0.1',
    OPENCOTA_HTTP_PORT: String(httpPort),
    OPENCOTA_MQTT_PORT: String(mqttPort),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

function createLogBook(child: ChildProcess) {
  const lines: string[] = [];
  const changed = new EventTarget();
  let hasEnded = false;
  const change = () => changed.dispatchEvent(new Event('change'));
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LOG_LINES_KEPT) lines.shift();
      change();
    });
  }
  child.once('close', () => {
    hasEnded = true;
    change();
  });
  const fail = (message: string) => new ServerError(message, lines.slice(-LOG_LINES_SHOWN));

  const find = async (pattern: RegExp, withinMs: number): Promise<RegExpExecArray> => {
    const signal = AbortSignal.timeout(withinMs);
    for (;;) {
      for (const line of lines) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      if (hasEnded) throw fail('The server has ended.');
      await once(changed, 'change', { signal }).catch(() => {
        throw fail(`The server did not say within ${withinMs / 1000} s what the demo waits for.`);
      });
    }
  };
  return { find, fail };
}

/** The port when nobody uses it on this machine, else 0: any free one. */
export async function portOrAny(port: number): Promise<number> {
  return (await answers(port)) || !(await isBindable(port)) ? 0 : port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function isBindable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
