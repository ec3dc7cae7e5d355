/** The second factor before a push (R10), as a client of the API goes through it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type ApiAnswer, type ApiClient, createApiClient } from '../support/api-client.ts';
import { createTestTime } from '../support/test-clock.ts';
import { createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MINUTE_MS = 60_000;
const time = createTestTime();
let server: TestServer;
let admin: ApiClient;
let productKey: string;
let people = 0;

before(async () => {
  server = await startTestServer({ time });
  ({ admin } = server);
});
beforeEach(async () => {
  ({ productKey } = await createProduct(admin));
  await admin.saveVersion(productKey, '{"a":1}');
});
after(() => server[Symbol.asyncDispose]());

/** Somebody new who may push: sessions and limits are each person's own. */
const signInSomebody = () => {
  people += 1;
  return server.signInAs(`pusher-${people}`, ['operator']);
};
const push = (client: ApiClient, version = 1, headers = {}) =>
  client.post(`/products/${productKey}/rollouts`, { version }, headers);
const lastCode = () => /\b\d{6}\b/.exec(server.printed.at(-1)!)![0];
const answer = (client: ApiClient, { body }: ApiAnswer, code: string, more = {}) =>
  client.post(`/step-up/${body.challengeId}`, { code, ...more });

function isRefused({ status, body }: ApiAnswer, reason: string): void {
  assert.deepEqual([status, body.code, body.reason], [403, 'step-up-failed', reason]);
}

describe('R10: a push from an untrusted context', () => {
  test('is refused, and goes through once the code is right', async () => {
    const pat = await signInSomebody();
    const refused = await push(pat);
    assert.equal(refused.status, 403);
    assert.equal(refused.body.code, 'step-up-required');
    assert.deepEqual(refused.body.channels, ['log']);
    assert.equal(refused.body.version, 1);
    assert.equal(refused.body.productKey, productKey);
    const sent = await pat.post('/step-up', {});
    assert.equal(sent.status, 201, sent.text);
    assert.equal(sent.body.channel, 'log');
    assert.equal(Date.parse(sent.body.expiresAt) - time.wallMs() > 4.9 * MINUTE_MS, true);
    assert.doesNotMatch(sent.text, new RegExp(lastCode()), 'the code is not in the answer');
    const wrong = await answer(pat, sent, lastCode() === '111111' ? '222222' : '111111');
    isRefused(wrong, 'wrong-code');
    assert.equal(wrong.body.attemptsLeft, 4);
    assert.equal((await push(pat)).body.code, 'step-up-required');
    const right = await answer(pat, sent, lastCode());
    assert.equal(right.status, 200, right.text);
    assert.equal(right.body.verified, true);
    assert.equal((await push(pat)).status, 202);
  });

  test('a code works once, and not for another session', async () => {
    const pat = await signInSomebody();
    await push(pat);
    const sent = await pat.post('/step-up', {});
    isRefused(await answer(await signInSomebody(), sent, lastCode()), 'unknown');
    assert.equal((await answer(pat, sent, lastCode())).status, 200);
    isRefused(await answer(pat, sent, lastCode()), 'used');
  });

  test('a code is for one version: another one, and the same again after ten minutes, needs its own', async () => {
    const pat = await signInSomebody();
    await admin.saveVersion(productKey, '{"a":2}');
    await push(pat, 1);
    const sent = await pat.post('/step-up', { productKey, version: 1 });
    await answer(pat, sent, lastCode());
    assert.equal((await push(pat, 2)).body.code, 'step-up-required');
    assert.equal((await push(pat, 1)).status, 202);
    time.pass(9 * MINUTE_MS);
    assert.equal((await push(pat, 1)).status, 202);
    time.pass(2 * MINUTE_MS);
    assert.equal((await push(pat, 1)).body.code, 'step-up-required');
  });

  test('five wrong codes end a challenge, the right one included', async () => {
    const pat = await signInSomebody();
    await push(pat);
    const sent = await pat.post('/step-up', {});
    const code = lastCode();
    const other = code === '111111' ? '222222' : '111111';
    const guesses = await Promise.all(Array.from({ length: 8 }, () => answer(pat, sent, other)));
    const reasons = guesses.map(({ body }) => body.reason);
    assert.equal(reasons.filter((reason) => reason === 'wrong-code').length, 5);
    assert.equal(reasons.filter((reason) => reason === 'no-attempts-left').length, 3);
    isRefused(await answer(pat, sent, code), 'no-attempts-left');
  });

  test('a code dies after five minutes, also when the clock was set back', async () => {
    const pat = await signInSomebody();
    await push(pat);
    const sent = await pat.post('/step-up', {});
    time.jumpWall(-60 * MINUTE_MS);
    time.pass(5 * MINUTE_MS + 1000);
    isRefused(await answer(pat, sent, lastCode()), 'expired');
    time.jumpWall(60 * MINUTE_MS);
  });

  test('a person gets ten codes in an hour and no more', async () => {
    const pat = await signInSomebody();
    await push(pat);
    for (let n = 0; n < 10; n += 1) assert.equal((await pat.post('/step-up', {})).status, 201);
    const refused = await pat.post('/step-up', {});
    assert.equal(refused.status, 429);
    assert.equal(refused.body.code, 'throttled');
    assert.ok(Number(refused.headers.get('retry-after')) > 3000);
    time.pass(60 * MINUTE_MS);
    assert.equal((await pat.post('/step-up', {})).status, 201);
  });

  test('there is nothing to verify before a push was refused, and half an intent is none', async () => {
    const pat = await signInSomebody();
    const early = await pat.post('/step-up', {});
    assert.equal(early.status, 400);
    assert.match(early.body.detail, /nothing to verify/);
    assert.equal((await pat.post('/step-up', { version: 1 })).status, 400);
    assert.equal((await pat.post('/step-up', { productKey, version: 9 })).body.code, 'version-not-found');
    const bodiless = await pat.send('POST', '/step-up');
    assert.match(bodiless.body.detail, /nothing to verify/);
  });
});

describe('R10: a trusted context', () => {
  test('a browser that was trusted is asked no more, for this person, and only with its own cookie', async () => {
    const pat = await signInSomebody();
    await push(pat);
    const sent = await pat.post('/step-up', {});
    const verified = await answer(pat, sent, lastCode(), { trustBrowser: true });
    const cookie = verified.headers.getSetCookie().find((each) => each.startsWith('opencota-browser='))!;
    assert.match(cookie, /; HttpOnly(;|$)/);
    assert.match(cookie, /; SameSite=Strict(;|$)/);
    const headers = { cookie: cookie.split(';')[0]! };
    time.pass(20 * MINUTE_MS);
    assert.equal((await push(pat)).body.code, 'step-up-required');
    assert.equal((await push(pat, 1, headers)).status, 202);
    assert.equal((await push(await signInSomebody(), 1, headers)).body.code, 'step-up-required');
    const forged = { cookie: headers.cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) };
    assert.equal((await push(pat, 1, forged)).body.code, 'step-up-required');
  });

  test('a token needs the scope rollouts:unattended, and with it no code', async () => {
    const makeToken = async (scopes: string[]) => {
      const name = `t${scopes.length}-${productKey}`;
      const made = await admin.post('/tokens', { name, scopes });
      return createApiClient(server.baseUrl, made.body.token);
    };
    const attended = await makeToken(['rollouts:write']);
    const refused = await push(attended);
    assert.equal(refused.status, 403);
    assert.equal(refused.body.code, 'scope-required');
    assert.equal(refused.body.scope, 'rollouts:unattended');
    const pushed = await push(await makeToken(['rollouts:write', 'rollouts:unattended']));
    assert.equal(pushed.status, 202, pushed.text);
    assert.equal(pushed.body.createdBy, `token:t2-${productKey}`);
    const onlyUnattended = await makeToken(['rollouts:unattended', 'read', 'configs:write']);
    assert.equal((await push(onlyUnattended)).status, 202, 'to push unattended is to push');
  });
});

describe('R10: a trusted network', () => {
  test('needs no code, unless a proxy that nobody trusts passed the request on', async () => {
    await using trusting = await startTestServer({
      environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' },
    });
    const product = await createProduct(trusting.admin);
    await trusting.admin.saveVersion(product.productKey, '{}');
    const path = `/products/${product.productKey}/rollouts`;
    assert.equal((await trusting.admin.post(path, { version: 1 })).status, 202);
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.9' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=1.2.3.4' },
    ]) {
      const refused = await trusting.admin.post(path, { version: 1 }, headers as Record<string, string>);
      assert.equal(refused.body.code, 'step-up-required', JSON.stringify(headers));
    }
  });

  test('is told by the address that a trusted proxy names', async () => {
    const environment = { OPENCOTA_TRUSTED_NETWORKS: '10.1.0.0/16', OPENCOTA_TRUSTED_PROXIES: '127.0.0.1' };
    await using behind = await startTestServer({ environment });
    const product = await createProduct(behind.admin);
    await behind.admin.saveVersion(product.productKey, '{}');
    const pushFrom = (address: string) =>
      behind.admin.post(
        `/products/${product.productKey}/rollouts`,
        { version: 1 },
        { 'x-forwarded-for': address },
      );
    assert.equal((await pushFrom('10.2.0.1')).body.code, 'step-up-required');
    assert.equal(
      (await pushFrom('10.1.0.1, 203.0.113.9')).body.code,
      'step-up-required',
      'the last hop counts',
    );
    assert.equal((await pushFrom('10.1.0.1')).status, 202);
    assert.equal((await pushFrom('no address')).body.code, 'step-up-required');
  });
});
