/** Rights that change (R20, R23 of the security list: at once), and things that belong to somebody else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { createDevice, createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import { openEvents } from './support/event-stream.ts';

describe('rights that change', () => {
  let server: TestServer;
  let productKey: string;
  before(async () => {
    server = await startTestServer();
    ({ productKey } = await createProduct(server.admin));
    await server.admin.saveVersion(productKey, '{"a":1}');
  });
  after(() => server[Symbol.asyncDispose]());

  async function createToken(client: ApiClient, name: string, scopes: string[]): Promise<ApiClient> {
    const created = await client.post('/tokens', { name, scopes });
    assert.equal(created.status, 201, created.text);
    return createApiClient(server.baseUrl, created.body.token);
  }

  test('a role that is taken away is gone at the next request, and one that is given is there', async () => {
    const ed = await server.signInAs('ed', ['viewer']);
    const save = () => ed.post(`/products/${productKey}/versions`, { note: 'by ed' });
    assert.equal((await save()).status, 403);
    assert.equal((await server.admin.patch('/users/ed', { roles: ['editor'] })).status, 200);
    assert.equal((await save()).status, 201);
    await server.admin.patch('/users/ed', { role: 'viewer' });
    assert.equal((await save()).status, 403);
  });

  test('a disabled user is out at once, tokens included, and is let in again when enabled', async () => {
    const olga = await server.signInAs('olga', ['operator']);
    const token = await createToken(olga, 'olgas', ['read']);
    assert.equal((await token.get('/products')).status, 200);
    await server.admin.patch('/users/olga', { enabled: false });
    assert.equal((await olga.get('/products')).body.code, 'unauthenticated');
    assert.equal((await token.get('/products')).body.code, 'unauthenticated');
    const password = 'olga has a long password';
    const signIn = () => server.nobody.post('/session', { username: 'olga', password });
    assert.equal((await signIn()).body.code, 'sign-in-failed');
    await server.admin.patch('/users/olga', { enabled: true });
    assert.equal((await signIn()).status, 201);
  });

  test("a token loses with its owner's role what only the role gave", async () => {
    const pia = await server.signInAs('pia', ['editor']);
    const token = await createToken(pia, 'pias', ['read', 'configs:write']);
    await server.admin.patch('/users/pia', { roles: ['viewer'] });
    assert.equal((await token.get(`/products/${productKey}`)).status, 200);
    assert.equal((await token.post(`/products/${productKey}/versions`, {})).body.code, 'forbidden');
  });

  test('a stream of events ends when its listener is disabled', async () => {
    await createDevice(server.admin, productKey);
    const { id } = await server.push(productKey, 1);
    const sam = await server.signInAs('sam', ['viewer']);
    // The device never connects, so the rollout stays open for a week.
    await using stream = await openEvents(server.baseUrl, id, sam.token);
    await until('the first event', () => stream.events.length > 0);
    await server.admin.patch('/users/sam', { enabled: false });
    await server.admin.post(`/rollouts/${id}/actions/cancel`);
    await stream.ended;
    assert.ok(
      stream.events.every(({ name }) => name === 'progress'),
      'no end was announced',
    );
  });
});

describe("somebody else's things", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server[Symbol.asyncDispose]());

  test("a viewer sees and removes only the viewer's own tokens", async () => {
    const made = await server.admin.post('/tokens', { name: 'of-admin', scopes: ['admin'] });
    const vera = await server.signInAs('vera', ['viewer']);
    await vera.post('/tokens', { name: 'of-vera', scopes: ['read'] });
    const listed = await vera.get('/tokens');
    assert.deepEqual(
      listed.body.items.map(({ name }: { name: string }) => name),
      ['of-vera'],
    );
    assert.equal((await vera.delete(`/tokens/${made.body.id}`)).status, 404);
    assert.equal((await server.admin.get('/tokens')).body.items.length, 2);
  });

  test('nobody makes a token that may more than its maker', async () => {
    const vic = await server.signInAs('vic', ['viewer']);
    for (const scope of ['configs:write', 'rollouts:unattended', 'admin']) {
      assert.equal((await vic.post('/tokens', { name: 't', scopes: [scope] })).body.code, 'forbidden', scope);
    }
  });

  test("a challenge is answered only in the session that asked for it, and another product's path finds nothing", async () => {
    const mine = await createProduct(server.admin);
    const other = await createProduct(server.admin);
    await server.admin.saveVersion(mine.productKey, '{"a":1}');
    await server.admin.post(`/products/${mine.productKey}/devices`, { deviceName: 'lamp-1' });
    await server.admin.post(`/products/${mine.productKey}/rollouts`, { version: 1 });
    const sent = await server.admin.post('/step-up', {});
    const code = /\b\d{6}\b/.exec(server.printed.at(-1)!)![0];
    const otto = await server.signInAs('otto', ['operator']);
    const stolen = await otto.post(`/step-up/${sent.body.challengeId}`, { code });
    assert.equal(stolen.body.code, 'step-up-failed');
    assert.equal(stolen.body.reason, 'unknown');
    assert.equal((await server.admin.post(`/step-up/${sent.body.challengeId}`, { code })).status, 200);
    for (const path of ['versions/1', 'versions/1/content', 'devices/lamp-1', 'devices/lamp-1/deliveries']) {
      assert.equal((await server.admin.get(`/products/${other.productKey}/${path}`)).status, 404, path);
    }
  });
});
