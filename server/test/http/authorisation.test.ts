/** Who may do what (R20): every route of the running server, tried by everybody. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiAnswer, type ApiClient, createApiClient } from '../support/api-client.ts';
import { createDevice } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { DEVICE, type Demand, listProbes, listRoutes, PROBES, PRODUCT, send } from './support/routes.ts';

const ROLES = ['viewer', 'editor', 'operator', 'admin'] as const;
const SCOPES = [
  'read',
  'configs:write',
  'rollouts:write',
  'products:switch',
  'devices:write',
  'products:write',
  'admin',
] as const;

/** Which roles pass which demand, written out as R20 says it. */
const ROLES_THAT_PASS: Readonly<Record<Demand, readonly string[]>> = {
  nothing: ROLES,
  open: ROLES,
  'any-identity': ROLES,
  person: ROLES,
  read: ROLES,
  'read-or-push': ROLES,
  'configs:write': ['editor', 'admin'],
  'rollouts:write': ['operator', 'admin'],
  'rollouts:write-person': ['operator', 'admin'],
  'products:switch': ['operator', 'admin'],
  'devices:write': ['operator', 'admin'],
  'products:write': ['admin'],
  admin: ['admin'],
  'admin-person': ['admin'],
};

function scopesThatPass(demand: Demand): readonly string[] {
  switch (demand) {
    case 'nothing':
    case 'open':
    case 'any-identity':
      return SCOPES;
    case 'person':
    case 'rollouts:write-person':
    case 'admin-person':
      return [];
    case 'read-or-push':
      return ['read', 'rollouts:write'];
    default:
      return [demand];
  }
}

/** Refused for who asks; any other answer means that the door was open. */
function isTurnedAway({ body }: ApiAnswer): boolean {
  return ['unauthenticated', 'forbidden', 'scope-required'].includes(body?.code);
}

describe('who may do what', () => {
  let server: TestServer;
  let rollout: number;
  const people = new Map<string, ApiClient>();
  const tokens = new Map<string, ApiClient>();

  before(async () => {
    server = await startTestServer();
    const { admin } = server;
    await admin.post('/products', { name: 'Lamp', productKey: PRODUCT });
    await admin.patch(`/products/${PRODUCT}`, { enabled: true });
    await createDevice(admin, PRODUCT, DEVICE);
    await admin.saveVersion(PRODUCT, '{"a":1}');
    rollout = (await server.push(PRODUCT, 1)).id;
    // A rollout that has ended: its event stream says so and ends, and no action applies.
    await admin.post(`/rollouts/${rollout}/actions/cancel`);
    for (const role of ROLES) people.set(role, await server.signInAs(`somebody-${role}`, [role]));
    for (const scope of SCOPES) tokens.set(scope, await createToken(scope));
  });
  after(() => server[Symbol.asyncDispose]());

  async function createToken(scope: string): Promise<ApiClient> {
    const created = await server.admin.post('/tokens', { name: scope.replace(':', '-'), scopes: [scope] });
    assert.equal(created.status, 201, created.text);
    return createApiClient(server.baseUrl, created.body.token);
  }

  test('every route is in the table, and the table names no route that is gone', async () => {
    assert.deepEqual((await listRoutes(server.nobody)).toSorted(), Object.keys(PROBES).toSorted());
  });

  test('nobody gets in anywhere but at the sign-in', async () => {
    for (const probe of listProbes().filter(({ demand }) => demand !== 'open')) {
      const answer = await send(server.nobody, probe, rollout);
      const expected = probe.demand === 'nothing' ? 'sign-in-failed' : 'unauthenticated';
      assert.equal(answer.body?.code, expected, `${probe.route}: ${answer.text}`);
      assert.equal(answer.status, 401, probe.route);
    }
  });

  test('each role passes where it may and nowhere else', async () => {
    const wrong: string[] = [];
    for (const [role, client] of people) {
      for (const probe of listProbes()) {
        const answer = await send(client, probe, rollout);
        const mayPass = ROLES_THAT_PASS[probe.demand].includes(role);
        if (isTurnedAway(answer) === mayPass)
          wrong.push(`${role} ${probe.route}: ${answer.text.slice(0, 200)}`);
        if (answer.status >= 500) wrong.push(`${role} ${probe.route}: ${answer.status}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('a token with one scope passes where this scope is asked for and nowhere else', async () => {
    const wrong: string[] = [];
    for (const [scope, client] of tokens) {
      for (const probe of listProbes()) {
        const answer = await send(client, probe, rollout);
        const mayPass = scopesThatPass(probe.demand).includes(scope);
        if (isTurnedAway(answer) === mayPass)
          wrong.push(`${scope} ${probe.route}: ${answer.text.slice(0, 200)}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('a refusal names the right that is missing', async () => {
    const byRole = await (await server.signInAs('looks-only', ['viewer'])).post('/products', { name: 'x' });
    assert.equal(byRole.status, 403);
    assert.equal(byRole.body.permission, 'products:write');
    assert.match(byRole.body.detail, /role does not include the right products:write/);
    const byToken = await tokens.get('read')!.post('/products', { name: 'x' });
    assert.match(byToken.body.detail, /token lacks the scope products:write/);
    const more = { enabled: true, coolDownSeconds: 0 };
    const slipped = await (await server.signInAs('switches-only', ['operator'])).patch(
      `/products/${PRODUCT}`,
      more,
    );
    assert.equal(slipped.body.permission, 'products:write', 'the switch opens no door for other settings');
  });
});
