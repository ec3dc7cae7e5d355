/**
 * What `doctor` looks at, one function per check.
 *
 * A check says what it saw, and `skipped` when it could not look: a diagnosis that claims more than it saw is
 * worse than none.
 */
import { createHash, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { ApiProblem, type Client } from '@opencota/contract/http/client';
import { isDiskShort } from '@opencota/contract/http/disk';
import type { ServerView } from '@opencota/contract/http/server';
import { askAsDevice, type GetReply, type MqttAddress, probePort } from './device-probe.ts';
import type { Environment } from './environment.ts';
import { VERSION } from './program-version.ts';
import { clean, sayBytes, sayDuration } from './text.ts';

export type Check = {
  name: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was seen, and what to do about it. */
  said: string;
};

const SKEW_WARNING_SECONDS = 5;
const SKEW_FAILED_SECONDS = 60;
const LINK_CHARS_MAX = 254;
const FETCH_MS = 10_000;

export async function checkContextsFile({ contextsPath }: Environment): Promise<Check> {
  const name = 'contexts file';
  if (process.platform === 'win32')
    return { name, state: 'skipped', said: 'file modes say nothing on Windows' };
  const found = await stat(contextsPath).catch(() => undefined);
  if (found === undefined) return { name, state: 'ok', said: `none yet (${contextsPath})` };
  const mode = (found.mode & 0o777).toString(8);
  if ((found.mode & 0o077) === 0) return { name, state: 'ok', said: `${contextsPath}, mode ${mode}` };
  return { name, state: 'warning', said: `${contextsPath} has mode ${mode} and holds tokens: chmod 600 it` };
}

/** Reachable, ready, of which version, and what its clock says. */
export async function checkServer(client: Client): Promise<Check[]> {
  const startedMs = Date.now();
  const health = await client.probe('/healthz');
  const tookMs = Date.now() - startedMs;
  const date = health.headers.get('date');
  await health.body?.cancel();
  if (!health.ok) {
    const said = `${client.url}/healthz answers ${health.status}: is this the address of OpenCOTA?`;
    return [{ name: 'server', state: 'failed', said }];
  }
  const checks: Check[] = [{ name: 'server', state: 'ok', said: `${client.url} answers in ${tookMs} ms` }];
  const ready = await client.probe('/readyz');
  await ready.body?.cancel();
  checks.push(
    ready.ok
      ? { name: 'ready', state: 'ok', said: 'its store answers' }
      : {
          name: 'ready',
          state: 'failed',
          said: `/readyz answers ${ready.status}: see the log of the server`,
        },
  );
  return [...checks, await checkVersion(client), checkClock(date, startedMs + tookMs / 2)];
}

async function checkVersion(client: Client): Promise<Check> {
  const name = 'API version';
  const { info } = await client.json<{ info?: { version?: string } }>({
    method: 'GET',
    path: '/openapi.json',
  });
  const version = info?.version;
  if (version === undefined) return { name, state: 'warning', said: 'its description names none' };
  if (version.split('.')[0] === VERSION.split('.')[0])
    return { name, state: 'ok', said: `${version}; this program is ${VERSION}` };
  return {
    name,
    state: 'warning',
    said: `${version}, but this program is ${VERSION}: use the one of the same release`,
  };
}

/** The header has whole seconds, so half a second is not known. */
function checkClock(date: string | null, atMs: number): Check {
  const name = 'clocks';
  if (date === null || Number.isNaN(Date.parse(date)))
    return { name, state: 'skipped', said: 'the server sends no Date header' };
  const skew = (Date.parse(date) + 500 - atMs) / 1000;
  const size = Math.abs(skew);
  if (size < SKEW_WARNING_SECONDS)
    return { name, state: 'ok', said: 'the server and this machine agree within seconds' };
  const said = `the server is ${sayDuration(size)} ${skew > 0 ? 'ahead of' : 'behind'} this machine: set one of them right`;
  return { name, state: size < SKEW_FAILED_SECONDS ? 'warning' : 'failed', said };
}

export async function checkSignIn(client: Client, hasToken: boolean): Promise<Check> {
  const name = 'sign-in';
  if (!hasToken) return { name, state: 'failed', said: 'nobody is signed in: opencota login' };
  try {
    const { name: who, kind, permissions } = await client.session.get();
    const may = permissions.join(', ') || 'nothing until the one-time password is replaced';
    return { name, state: 'ok', said: `${kind} ${who}, may: ${may}` };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return { name, state: 'failed', said: `${error.detail} (${error.code}): opencota login` };
  }
}

/** What the server says of itself to somebody who is signed in. */
export async function checkFacts(client: Client, isSignedIn: boolean): Promise<Check[]> {
  if (!isSignedIn)
    return ['public URL', 'disk'].map((name) => ({ name, state: 'skipped', said: 'nobody is signed in' }));
  const { publicUrl, storage } = await client.server.get();
  return [await checkPublicUrl(publicUrl), checkDisk(storage)];
}

/** Where links lead. Devices may reach it where this machine does not, and the other way round. */
async function checkPublicUrl(publicUrl: string): Promise<Check> {
  const name = 'public URL';
  if (isLoopback(publicUrl))
    return {
      name,
      state: 'warning',
      said: `${publicUrl}: only devices on the server's machine reach it; set OPENCOTA_PUBLIC_URL`,
    };
  try {
    const response = await fetch(`${publicUrl}/healthz`, {
      signal: AbortSignal.timeout(FETCH_MS),
      redirect: 'manual',
    });
    await response.body?.cancel();
    if (response.ok) return { name, state: 'ok', said: `${publicUrl} is reached from this machine` };
    const said = `${publicUrl}/healthz answers ${response.status}: downloads will not work like that either`;
    return { name, state: 'failed', said };
  } catch (error) {
    const said = `${publicUrl} is not reached from this machine: ${whyNot(error)}. Devices may be luckier`;
    return { name, state: 'warning', said };
  }
}

function checkDisk(storage: ServerView['storage']): Check {
  const name = 'disk';
  if (storage === undefined)
    return { name, state: 'skipped', said: 'only administrators are told what it has left' };
  const { storeBytes, freeBytes } = storage;
  const said = `${sayBytes(freeBytes)} free; the store has ${sayBytes(storeBytes)}`;
  if (!isDiskShort(storage)) return { name, state: 'ok', said };
  return {
    name,
    state: 'warning',
    said: `${said}, and a backup or an upgrade takes as much again: make room`,
  };
}

function isLoopback(url: string): boolean {
  return /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
}

function whyNot(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
}

export async function checkMqttPort(address: MqttAddress): Promise<Check> {
  const place = `${address.host}:${address.port}`;
  try {
    await probePort(address);
    return {
      name: 'MQTT port',
      state: 'ok',
      said: `${place} accepts connections${address.isTls ? ' over TLS' : ''}`,
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name: 'MQTT port', state: 'failed', said: `${place}: ${why}. Another place: --mqtt` };
  }
}

export const LINK_SKIPPED: Check = {
  name: 'download link',
  state: 'skipped',
  said: 'not tried: --self-test <product> registers a device, asks as it does, and removes it',
};

/** Registers a device, asks for its configuration over MQTT, fetches the link, and removes the device. */
export async function selfTest(client: Client, address: MqttAddress, productKey: string): Promise<Check[]> {
  const name = 'self-test';
  const deviceName = `doctor-${randomBytes(6).toString('hex')}`;
  try {
    const { deviceSecret } = await client.devices.create(productKey, {
      deviceName,
      tags: ['opencota-doctor'],
    });
    try {
      return await examineReply(
        await askAsDevice(address, { productKey, deviceName, deviceSecret }),
        productKey,
      );
    } finally {
      await client.devices.remove(productKey, deviceName);
    }
  } catch (error) {
    return [{ name, state: 'failed', said: error instanceof Error ? error.message : String(error) }];
  }
}

async function examineReply(
  { code, message, url, sign, size }: GetReply,
  productKey: string,
): Promise<Check[]> {
  const asked: Check = { name: 'device', state: 'ok', said: `a new device connects and is answered ${code}` };
  const skipped = (said: string): Check => ({ name: 'download link', state: 'skipped', said });
  if (code === 6713) return [asked, skipped(`the switch of ${productKey} is off, so no link is made`)];
  if (code === 6710)
    return [asked, skipped(`${productKey} has no version that a device may get, so no link is made`)];
  if (code !== 200) return [{ ...asked, state: 'failed', said: `it is answered ${code}: ${clean(message)}` }];
  const checks: Check[] = [asked, checkLinkText(url)];
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'manual' });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isRight = bytes.length === size && createHash('sha256').update(bytes).digest('hex') === sign;
    if (response.status === 200 && isRight)
      checks.push({
        name: 'download',
        state: 'ok',
        said: `${sayBytes(size)}, digest right, from this machine`,
      });
    else
      checks.push({
        name: 'download',
        state: 'failed',
        said: `${response.status}, ${bytes.length} of ${size} bytes, digest ${isRight ? 'right' : 'wrong'}`,
      });
  } catch (error) {
    checks.push({
      name: 'download',
      state: 'failed',
      said: `the link cannot be fetched from this machine: ${whyNot(error)}. Check OPENCOTA_PUBLIC_URL`,
    });
  }
  return checks;
}

function checkLinkText(url: string): Check {
  const name = 'download link';
  const { origin, port } = new URL(url);
  const shown = `${url.length} characters, from ${origin}`;
  if (url.length > LINK_CHARS_MAX)
    return { name, state: 'failed', said: `${shown}: over ${LINK_CHARS_MAX}; shorten OPENCOTA_PUBLIC_URL` };
  if (isLoopback(url))
    return {
      name,
      state: 'warning',
      said: `${shown}: only devices on the server's machine reach it; set OPENCOTA_PUBLIC_URL`,
    };
  if (port !== '') return { name, state: 'warning', said: `${shown}: some Link SDKs cannot read a port` };
  return { name, state: 'ok', said: shown };
}
