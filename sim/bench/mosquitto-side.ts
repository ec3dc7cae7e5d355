/**
 * Mosquitto beside the benchmark, where it is installed: a broker in C that many know, for the part that any
 * broker does. It checks one salted hash for a CONNECT and hands a message back to who subscribed to it; it
 * knows nothing of devices, links or reports.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Identity } from '../src/alink.ts';
import { type Child, startChild } from './child.ts';
import type { Side } from './side.ts';

/** Where packages put it, which is not in everyone's PATH. */
const ALSO_IN = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'];
const SALT_BYTES = 12;
const READY_MS_MAX = 10_000;
const LOOK_EVERY_MS = 20;

export type Mosquitto = { side: Side; version: string };

/** Undefined where it is not installed. */
export async function startMosquitto(devices: readonly Identity[]): Promise<Mosquitto | undefined> {
  const program = findMosquitto();
  if (program === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'opencota-bench-mosquitto-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  const mqttPort = await findFreePort();
  const start = () => launch(program, writeSettings(directory, mqttPort, devices), mqttPort);
  let child = await start();
  const side: Side = {
    name: 'mosquitto',
    child: () => child,
    ports: () => ({ mqttPort, httpPort: 0 }),
    preparePush: () => Promise.reject(new Error('Mosquitto pushes nothing by itself')),
    async start() {
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await child.kill();
      remove();
    },
  };
  return { side, version: readVersion(program) };
}

export function findMosquitto(): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...ALSO_IN];
  return directories.map((directory) => join(directory, 'mosquitto')).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `-h` says the version first, and ends with an exit code of its own. */
function readVersion(program: string): string {
  try {
    return findVersion(
      execFileSync(program, ['-h'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  } catch (error) {
    return findVersion(String((error as { stdout?: unknown }).stdout));
  }
}

function findVersion(words: string): string {
  return /version (\S+)/.exec(words)?.[1] ?? 'of an unknown version';
}

function writeSettings(directory: string, port: number, devices: readonly Identity[]): string {
  const passwords = join(directory, 'passwords');
  const settings = join(directory, 'mosquitto.conf');
  writeFileSync(passwords, devices.map(passwordLine).join(''), { mode: 0o600 });
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
    'persistence false',
    'max_connections -1',
    'set_tcp_nodelay true',
    'log_type none',
    // Started by root it would become somebody who may not read these files.
    `user ${userInfo().username}`,
  ];
  writeFileSync(settings, lines.map((line) => `${line}\n`).join(''));
  return settings;
}

/** One round of SHA-512, which is its own format `$6$`: no more work than the server's HMAC. */
function passwordLine({ productKey, deviceName, deviceSecret }: Identity): string {
  const salt = randomBytes(SALT_BYTES);
  const digest = createHash('sha512').update(deviceSecret).update(salt).digest('base64');
  return `${deviceName}&${productKey}:$6$${salt.toString('base64')}$${digest}\n`;
}

/** It cannot be told to take any: another program may be faster, and then it does not start. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function launch(program: string, settings: string, port: number): Promise<Child> {
  const child = startChild({
    program,
    args: ['-c', settings],
    environment: process.env,
    hasIpc: false,
    isInspectable: false,
  });
  const endMs = performance.now() + READY_MS_MAX;
  while (!(await isListening(port))) {
    if (child.process.exitCode !== null || performance.now() > endMs) {
      await child.kill();
      throw new Error('Mosquitto did not start.');
    }
    await delay(LOOK_EVERY_MS);
  }
  return child;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
