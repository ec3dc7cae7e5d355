/** The audit log (R21): who, when, from where and what, of changes and refusals; and never a secret. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/test-server.ts';

type Entry = {
  id: number;
  at: string;
  actor: string;
  remoteAddress: string;
  action: string;
  outcome: 'ok' | 'refused';
  productKey: string | null;
  target: string;
  detail: Record<string, unknown>;
};

describe('R21: the audit log', () => {
  let server: TestServer;
  let admin: ApiClient;
  let olga: ApiClient;
  /** Everything that must not be in it. */
  const secrets: string[] = [TEST_PASSWORD, 'olga has a long password', 'a wrong password of vera'];
  const startedAt = Date.now();

  before(async () => {
    server = await startTestServer();
    ({ admin } = server);
    secrets.push(admin.token);
    await doADaysWork();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Some of everything, with every secret that shows up on the way. */
  async function doADaysWork(): Promise<void> {
    olga = await server.signInAs('olga', ['operator']);
    const viewer = await server.signInAs('vera', ['viewer']);
    secrets.push(olga.token, viewer.token, 'vera has a long password');
    const product = await admin.post('/products', { name: 'Lamp', productKey: 'a1Lamp' });
    secrets.push(product.body.productSecret);
    await admin.patch('/products/a1Lamp', { enabled: true, coolDownSeconds: 0 });
    const device = await admin.post('/products/a1Lamp/devices', { deviceName: 'lamp-1' });
    const given = await admin.post('/products/a1Lamp/devices', {
      deviceName: 'lamp-2',
      deviceSecret: 'brought-along-secret',
    });
    const rotated = await admin.post('/products/a1Lamp/devices/lamp-1/rotate-secret', {});
    secrets.push(device.body.deviceSecret, given.body.deviceSecret, rotated.body.deviceSecret);
    const raw = 'deviceName\nlamp-3\n';
    const bulk = await admin.send('POST', '/products/a1Lamp/devices/bulk', { raw });
    secrets.push(bulk.body.rows[0].deviceSecret);
    await admin.saveVersion('a1Lamp', '{"apiKey":"secret of the configuration"}', 'first');
    await admin.post('/products/a1Lamp/versions/1/restore');
    await olga.post('/products/a1Lamp/rollouts', { version: 1 });
    const sent = await olga.post('/step-up', {});
    const code = /\b\d{6}\b/.exec(server.printed.at(-1)!)![0];
    await olga.post(`/step-up/${sent.body.challengeId}`, { code: 'wrong!' });
    const trusted = await olga.post(`/step-up/${sent.body.challengeId}`, { code, trustBrowser: true });
    secrets.push('secret of the configuration', trusted.headers.getSetCookie()[0]!.split(/[=;]/)[1]!);
    const rollout = await olga.post('/products/a1Lamp/rollouts', { version: 1 });
    await olga.post(`/rollouts/${rollout.body.id}/actions/cancel`);
    await viewer.post('/products', { name: 'mine' });
    await viewer.get('/audit');
    await admin.send('PUT', '/products/a1Lamp/draft', { raw: '{}', headers: { 'if-match': '"0"' } });
    await server.nobody.post('/session', { username: 'vera', password: 'a wrong password of vera' });
    await server.nobody.post('/session', { username: TEST_PASSWORD, password: 'x' });
    const token = await admin.post('/tokens', { name: 'ci', scopes: ['products:write'] });
    await createApiClient(server.baseUrl, token.body.token).get('/products');
    const user = await admin.post('/users', { username: 'otto', roles: ['viewer'] });
    const reset = await admin.post('/users/otto/reset-password');
    secrets.push(token.body.token, user.body.oneTimePassword, reset.body.oneTimePassword);
    await admin.patch('/users/otto', { phone: '+86 138 1234 5678' });
    const totp = await olga.post('/session/totp', { currentPassword: 'olga has a long password' });
    secrets.push(totp.body.secret);
    await olga.post('/session/totp', { currentPassword: 'not the right one' });
    await admin.patch('/products/a1Lamp', { enabled: false });
    await admin.delete('/products/a1Lamp/devices/lamp-2');
    await olga.delete('/session');
    for (const secret of secrets) assert.equal(typeof secret, 'string');
  }

  async function list(query = ''): Promise<Entry[]> {
    const entries: Entry[] = [];
    let cursor = '';
    do {
      const { body } = await admin.get(`/audit?limit=20${query}${cursor}`);
      entries.push(...body.items);
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    return entries;
  }

  test('has a line for each change, push, verification, sign-in and refusal', async () => {
    const lines = (await list()).map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`);
    const expected = [
      'admin user.create ok',
      'admin user.change-password ok',
      'olga session.create ok',
      'admin product.create ok',
      'admin product.switch ok',
      'admin device.create ok',
      'admin device.rotate-secret ok',
      'admin device.import ok',
      'admin draft.write ok',
      'admin version.save ok',
      'admin version.restore ok',
      'olga rollout.start refused',
      'olga step-up.send ok',
      'olga step-up.verify refused',
      'olga step-up.verify ok',
      'olga rollout.start ok',
      'olga rollout.cancel ok',
      'vera product.create refused',
      'vera read refused',
      'admin draft.write refused',
      'anonymous session.create refused',
      'admin token.create ok',
      'token:ci read refused',
      'admin user.reset-password ok',
      'admin user.update ok',
      'olga totp.begin ok',
      'olga totp.begin refused',
      'admin device.remove ok',
      'olga session.remove ok',
    ];
    for (const line of expected)
      assert.ok(lines.includes(line), `${line} is missing in:\n${lines.toReversed().join('\n')}`);
  });

  test('says of each line when, who, from where and what', async () => {
    for (const { at, actor, remoteAddress, action, target } of await list()) {
      const when = Date.parse(at);
      assert.ok(at.endsWith('Z') && when >= startedAt - 1000 && when <= Date.now() + 1000, at);
      assert.notEqual(actor, '');
      assert.match(action, /^[a-z-]+(\.[a-z-]+)?$/);
      assert.notEqual(target, '', action);
      if (actor !== 'system') assert.equal(remoteAddress, '127.0.0.1', action);
    }
  });

  test('keeps what was before and after a change, and why something was refused', async () => {
    const [off] = await list('&action=product.switch');
    assert.deepEqual(off!.detail.before, { enabled: true });
    assert.deepEqual(off!.detail.after, { enabled: false });
    const refused = (await list('&action=rollout.start')).find(({ outcome }) => outcome === 'refused')!;
    assert.equal(refused.detail.code, 'step-up-required');
    assert.equal(refused.productKey, 'a1Lamp');
    const [push] = (await list('&action=rollout.start')).filter(({ outcome }) => outcome === 'ok');
    assert.equal(push!.detail.version, 1);
    assert.match(push!.target, /^rollout \d+$/);
    const [read] = await list('&actor=vera&action=read');
    assert.equal(read!.target, '/api/v1/audit');
  });

  test('holds no password, secret, code or token, in whatever form it was seen', async () => {
    const text = JSON.stringify(await list());
    assert.ok(text.length > 5_000);
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} is in the audit log`);
    assert.ok(!text.includes('138 1234'), 'telephone numbers are masked');
  });

  test('is newest first, filtered, and paged without a gap', async () => {
    const entries = await list();
    const ids = entries.map(({ id }) => id);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => b - a),
    );
    assert.equal(new Set(ids).size, ids.length);
    const ofProduct = await list('&productKey=a1Lamp');
    assert.deepEqual(
      ofProduct.map(({ id }) => id),
      entries.filter(({ productKey }) => productKey === 'a1Lamp').map(({ id }) => id),
    );
    const ofOlga = await list('&actor=olga');
    assert.ok(ofOlga.length > 3 && ofOlga.every(({ actor }) => actor === 'olga'));
  });

  test('cannot be changed or cut over the API', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.equal((await admin.send(method, '/audit', { body: {} })).status, 405);
      assert.equal((await admin.send(method, '/audit/1', { body: {} })).status, 404);
    }
  });
});
