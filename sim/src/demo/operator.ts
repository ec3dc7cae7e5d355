/**
 * What a person would do in the console or with the command line, step by step over the public API.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewProductView, SavedView } from '@opencota/contract/http/products';
import type { PreviewView, RolloutView } from '@opencota/contract/http/rollouts';
import type { Static } from 'typebox';
import { type Api, ApiRefusal, createApi } from '../api.ts';
import type { ServerProcess } from './server-process.ts';

export type Account = { username: string; password: string; token: string };

/** A line that the server has been asked for is in its log at once. */
const LOG_LINE_MS_MAX = 5_000;
const EXAMPLES = join(import.meta.dirname, '../../../examples');
const CONFIGURATION = 'thermostat.json';
const SCHEMA = 'thermostat.schema.json';
const PRODUCT_NAME = 'Smart thermostat';

/** Signs in with the one-time password from the log and replaces it. */
export async function signIn(server: ServerProcess): Promise<{ api: Api; account: Account }> {
  const url = `http://127.0.0.1:${server.httpPort}`;
  const line = await server.findLine(/as \\?"(\w+)\\?" with the ONE-TIME PASSWORD (\S+)/, LOG_LINE_MS_MAX);
  const [, username = '', oneTimePassword = ''] = line;
  const { token } = await createApi(url).call<{ token: string }>('POST', '/session', {
    json: { username, password: oneTimePassword },
  });
  const api = createApi(url, token);
  const password = `demo-${randomBytes(6).toString('base64url')}`;
  await api.call('PUT', '/session/password', {
    json: { currentPassword: oneTimePassword, newPassword: password },
  });
  return { api, account: { username, password, token } };
}

/** A product with its schema, switched on. */
export async function createProduct(api: Api): Promise<{ productKey: string; name: string }> {
  const { productKey, name } = await api.call<Static<typeof NewProductView>>('POST', '/products', {
    json: { name: PRODUCT_NAME },
  });
  await api.call('PUT', `/products/${productKey}/schema`, {
    text: await readFile(join(EXAMPLES, SCHEMA)),
    type: 'application/json',
    headers: { 'if-none-match': '*' },
  });
  await api.call('PATCH', `/products/${productKey}`, { json: { enabled: true } });
  return { productKey, name };
}

/** Writes the example into the draft and saves it as a version. */
export async function saveConfiguration(
  api: Api,
  productKey: string,
): Promise<{ file: string; version: Static<typeof SavedView> }> {
  await api.call('PUT', `/products/${productKey}/draft`, {
    text: await readFile(join(EXAMPLES, CONFIGURATION)),
    type: 'application/json',
    headers: { 'if-none-match': '*' },
  });
  const version = await api.call<Static<typeof SavedView>>('POST', `/products/${productKey}/versions`, {
    json: { note: 'The heating season begins' },
  });
  return { file: `examples/${CONFIGURATION}`, version };
}

export async function countOnline(api: Api, productKey: string, version: number): Promise<number> {
  const view = await api.call<Static<typeof PreviewView>>(
    'POST',
    `/products/${productKey}/rollouts/preview`,
    {
      json: { version },
    },
  );
  return view.devices.online;
}

export type PushSteps = {
  /** The server refused the push without a second factor. */
  onRefused(): void;
  /** The code as the server's log tells it. */
  onCode(code: string): void;
};

/** Pushes: refused, a code asked for and answered, pushed again. */
export async function push(
  {
    api,
    server,
    productKey,
    version,
  }: { api: Api; server: ServerProcess; productKey: string; version: number },
  { onRefused, onCode }: PushSteps,
): Promise<RolloutView> {
  const start = () =>
    api.call<RolloutView>('POST', `/products/${productKey}/rollouts`, { json: { version } });
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.code !== 'step-up-required') throw error;
  }
  onRefused();
  const { challengeId } = await api.call<{ challengeId: string }>('POST', '/step-up', { json: {} });
  const [, code = ''] = await server.findLine(/STEP-UP CODE[^:]*: (\d{6})/, LOG_LINE_MS_MAX);
  onCode(code);
  await api.call('POST', `/step-up/${challengeId}`, { json: { code } });
  return start();
}
