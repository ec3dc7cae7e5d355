/** Every route of the running server, and one request for each that says what somebody needs to be let in. */
import type { ApiAnswer, ApiClient } from '../../support/api-client.ts';

/** The right a route asks for. */
export type Demand =
  | 'nothing'
  /** Open to everyone, and not refused. */
  | 'open'
  | 'any-identity'
  /** Somebody who signed in; never a token. */
  | 'person'
  | 'read'
  | 'read-or-push'
  | 'configs:write'
  | 'rollouts:write'
  /** A person who may push, since only people answer codes. */
  | 'rollouts:write-person'
  | 'products:switch'
  | 'devices:write'
  | 'products:write'
  | 'admin'
  /** An administrator who signed in; never a token. */
  | 'admin-person';

export type Probe = {
  demand: Demand;
  path?: string;
  body?: unknown;
  raw?: string;
  headers?: Record<string, string>;
};

/** The probes' targets: a product with a version, a device and a rollout. */
export const PRODUCT = 'a1Authz';
export const DEVICE = 'lamp-1';
const P = `/products/${PRODUCT}`;
const GHOST = 'nobody-there';
const ANY_REVISION = { 'if-match': '"999999"' };
/** An id that the tests' own rollout has; filled in when it is known. */
export const ROLLOUT = '{rollout}';

/** By method and documented path. What a probe would change is guarded by a wrong name or a wrong ETag. */
export const PROBES: Readonly<Record<string, Probe | Probe[]>> = {
  'post /session': { demand: 'nothing', body: { username: GHOST, password: 'no password at all' } },
  'post /sign-in-codes': { demand: 'open' },
  'post /sign-in-codes/claim': { demand: 'nothing', body: { secret: 'not one' } },
  'get /sign-in-codes/{code}': { demand: 'person', path: `/sign-in-codes/${GHOST}` },
  'post /sign-in-codes/{code}/decision': {
    demand: 'person',
    path: `/sign-in-codes/${GHOST}/decision`,
    body: { allow: true },
  },
  'get /session': { demand: 'any-identity' },
  'put /session/password': { demand: 'person', body: { currentPassword: 'not it', newPassword: 'x' } },
  'post /session/totp': { demand: 'person', body: { currentPassword: 'not it' } },
  'post /session/totp/confirm': { demand: 'person', body: { code: '000000' } },
  'post /session/totp/remove': { demand: 'person', body: { currentPassword: 'not it' } },
  'post /step-up': { demand: 'rollouts:write-person', body: {} },
  'post /step-up/{challengeId}': {
    demand: 'rollouts:write',
    path: `/step-up/${GHOST}`,
    body: { code: '000000' },
  },
  'get /users': { demand: 'admin' },
  'post /users': { demand: 'admin', body: { username: 'Not A Name', roles: ['viewer'] } },
  'get /users/{username}': { demand: 'admin', path: `/users/${GHOST}` },
  'patch /users/{username}': { demand: 'admin', path: `/users/${GHOST}`, body: { enabled: false } },
  'delete /users/{username}': { demand: 'admin', path: `/users/${GHOST}` },
  'post /users/{username}/reset-password': { demand: 'admin', path: `/users/${GHOST}/reset-password` },
  'post /users/{username}/reset-totp': { demand: 'admin', path: `/users/${GHOST}/reset-totp` },
  'get /tokens': { demand: 'read' },
  'post /tokens': { demand: 'person', body: { name: 'not a name!', scopes: ['read'] } },
  'delete /tokens/{id}': { demand: 'any-identity', path: '/tokens/999999' },
  'get /audit': { demand: 'admin' },
  'get /products': { demand: 'read' },
  'post /products': { demand: 'products:write', body: { name: 'x', productKey: 'not a key' } },
  'get /products/{productKey}': { demand: 'read', path: P },
  'patch /products/{productKey}': [
    { demand: 'products:switch', path: P, body: { enabled: true }, headers: ANY_REVISION },
    { demand: 'products:write', path: P, body: { name: 'other' }, headers: ANY_REVISION },
  ],
  'post /products/{productKey}/rotate-secret': {
    demand: 'products:write',
    path: `/products/${GHOST}/rotate-secret`,
  },
  'get /products/{productKey}/versions': { demand: 'read', path: `${P}/versions` },
  'post /products/{productKey}/versions': {
    demand: 'configs:write',
    path: '/products/none/versions',
    body: {},
  },
  'get /products/{productKey}/versions/{number}': { demand: 'read', path: `${P}/versions/1` },
  'get /products/{productKey}/versions/{number}/content': { demand: 'read', path: `${P}/versions/1/content` },
  'post /products/{productKey}/versions/{number}/restore': {
    demand: 'configs:write',
    path: `${P}/versions/1/restore`,
    headers: ANY_REVISION,
  },
  'get /products/{productKey}/versions/diff': { demand: 'read', path: `${P}/versions/diff?from=1&to=1` },
  'post /products/{productKey}/roll-back': {
    demand: 'rollouts:write',
    path: `${P}/roll-back`,
    body: { toVersion: 999 },
  },
  'get /products/{productKey}/devices': { demand: 'read', path: `${P}/devices` },
  'post /products/{productKey}/devices': {
    demand: 'devices:write',
    path: `${P}/devices`,
    body: { deviceName: '!' },
  },
  'get /products/{productKey}/devices/{deviceName}': { demand: 'read', path: `${P}/devices/${DEVICE}` },
  'patch /products/{productKey}/devices/{deviceName}': {
    demand: 'devices:write',
    path: `${P}/devices/${GHOST}`,
    body: { enabled: false },
  },
  'delete /products/{productKey}/devices/{deviceName}': {
    demand: 'devices:write',
    path: `${P}/devices/${GHOST}`,
  },
  'post /products/{productKey}/devices/{deviceName}/rotate-secret': {
    demand: 'devices:write',
    path: `${P}/devices/${GHOST}/rotate-secret`,
    body: {},
  },
  'get /products/{productKey}/devices/{deviceName}/deliveries': {
    demand: 'read',
    path: `${P}/devices/${DEVICE}/deliveries`,
  },
  'post /products/{productKey}/devices/{deviceName}/send': {
    demand: 'rollouts:write',
    path: `${P}/devices/${GHOST}/send`,
  },
  'get /products/{productKey}/rollouts': { demand: 'read', path: `${P}/rollouts` },
  'post /products/{productKey}/rollouts': {
    demand: 'rollouts:write',
    path: `${P}/rollouts`,
    body: { version: 999 },
  },
  'post /products/{productKey}/rollouts/preview': {
    demand: 'read',
    path: `${P}/rollouts/preview`,
    body: { version: 1 },
  },
  'get /rollouts/{id}': { demand: 'read-or-push', path: `/rollouts/${ROLLOUT}` },
  'get /rollouts/{id}/deliveries': { demand: 'read', path: `/rollouts/${ROLLOUT}/deliveries` },
  'post /rollouts/{id}/actions/pause': {
    demand: 'rollouts:write',
    path: `/rollouts/${ROLLOUT}/actions/pause`,
  },
  'post /rollouts/{id}/actions/resume': {
    demand: 'rollouts:write',
    path: `/rollouts/${ROLLOUT}/actions/resume`,
  },
  'post /rollouts/{id}/actions/cancel': {
    demand: 'rollouts:write',
    path: `/rollouts/${ROLLOUT}/actions/cancel`,
  },
  'post /rollouts/{id}/actions/retry-failed': {
    demand: 'rollouts:write',
    path: `/rollouts/${ROLLOUT}/actions/retry-failed`,
  },
  'get /rollouts/{id}/events': { demand: 'read-or-push', path: `/rollouts/${ROLLOUT}/events` },
  'get /products/{productKey}/draft': { demand: 'read', path: `${P}/draft` },
  'put /products/{productKey}/draft': {
    demand: 'configs:write',
    path: `${P}/draft`,
    raw: '{}',
    headers: ANY_REVISION,
  },
  'get /products/{productKey}/schema': { demand: 'read', path: `${P}/schema` },
  'put /products/{productKey}/schema': {
    demand: 'configs:write',
    path: `${P}/schema`,
    raw: '{}',
    headers: ANY_REVISION,
  },
  'delete /products/{productKey}/schema': {
    demand: 'configs:write',
    path: `${P}/schema`,
    headers: ANY_REVISION,
  },
  'post /products/{productKey}/validate': { demand: 'read', path: `${P}/validate`, raw: '{}' },
  'post /products/{productKey}/devices/bulk': { demand: 'devices:write', path: `${P}/devices/bulk`, raw: '' },
  'get /server': { demand: 'read' },
  'post /server/test-message': { demand: 'admin-person', body: { channel: 'sms' } },
  // Last: it ends the session that asks.
  'delete /session': { demand: 'any-identity' },
};

/** `get /products/{productKey}` and so on, without the prefix. */
export async function listRoutes(client: ApiClient): Promise<string[]> {
  const { body } = await client.get('/openapi.json');
  return Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path.replace('/api/v1', '')}`),
  );
}

export function listProbes(): (Probe & { route: string })[] {
  return Object.entries(PROBES).flatMap(([route, probes]) =>
    [probes].flat().map((probe) => ({ route, ...probe })),
  );
}

export function send(
  client: ApiClient,
  probe: Probe & { route: string },
  rollout: number,
): Promise<ApiAnswer> {
  const [method = '', documented = ''] = probe.route.split(' ');
  const { body, raw, headers } = probe;
  return client.send(method.toUpperCase(), (probe.path ?? documented).replace(ROLLOUT, String(rollout)), {
    ...(body === undefined ? {} : { body }),
    ...(raw === undefined ? {} : { raw }),
    ...(headers === undefined ? {} : { headers }),
  });
}
