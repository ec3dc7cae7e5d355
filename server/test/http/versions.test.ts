/** Versions (R5–R7): saved, listed, looked at, compared, restored, rolled back to. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let admin: ApiClient;
let productKey: string;
let path: string;

before(async () => {
  server = await startTestServer();
  ({ admin } = server);
});
beforeEach(async () => {
  ({ productKey } = await createProduct(admin));
  path = `/products/${productKey}`;
});
after(() => server[Symbol.asyncDispose]());

const numbersOf = (items: { number: number }[]) => items.map(({ number }) => number);

describe('R5, R6: saved versions', () => {
  test('a save gives the next number, and says what was saved, by whom and when', async () => {
    const text = '{"a":1}\n';
    const before = Date.now();
    const saved = await admin.saveVersion(productKey, text, 'first');
    const { createdAt, configId, ...rest } = saved;
    assert.deepEqual(rest, {
      number: 1,
      size: 8,
      sha256: createHash('sha256').update(text).digest('hex'),
      author: 'admin',
      note: 'first',
      origin: { kind: 'editor' },
      warnings: [],
    });
    assert.match(configId, /^[A-Za-z0-9]+$/);
    assert.match(createdAt, /Z$/);
    assert.ok(Date.parse(createdAt) >= before && Date.parse(createdAt) <= Date.now());
    assert.equal((await admin.saveVersion(productKey, '{"a":2}')).number, 2);
    assert.equal((await admin.get(path)).body.latestVersion, 2);
  });

  test('a save sends nothing: there is no rollout and the draft stays as it is', async () => {
    await admin.saveVersion(productKey, '{"a":1}');
    assert.deepEqual((await admin.get(`${path}/rollouts`)).body, { items: [], nextCursor: null });
    assert.equal((await admin.get(`${path}/draft`)).text, '{"a":1}');
  });

  test('the list shows the latest first and pages back through all the older ones', async () => {
    for (let n = 1; n <= 12; n += 1) await admin.saveVersion(productKey, `{"n":${n}}`);
    const first = await admin.get(`${path}/versions`);
    assert.deepEqual(numbersOf(first.body.items), [12, 11, 10, 9, 8], 'five unless more are asked for');
    assert.deepEqual((await admin.get(`${path}/versions?cursor=`)).body, first.body, 'no cursor yet');
    const second = await admin.get(`${path}/versions?limit=5&cursor=${first.body.nextCursor}`);
    assert.deepEqual(numbersOf(second.body.items), [7, 6, 5, 4, 3]);
    const third = await admin.get(`${path}/versions?limit=5&cursor=${second.body.nextCursor}`);
    assert.deepEqual(numbersOf(third.body.items), [2, 1]);
    assert.equal(third.body.nextCursor, null);
    const exact = await admin.get(`${path}/versions?limit=12`);
    assert.equal(exact.body.items.length, 12);
    assert.equal(exact.body.nextCursor, null, 'a page that ends the list says so, also when it is full');
  });

  test('the content is what was typed, with its digest as ETag and its exact length', async () => {
    const text = '{ "big": 12345678901234567890, "x": 1.0 }\r\n';
    const { sha256 } = await admin.saveVersion(productKey, text);
    const content = await admin.get(`${path}/versions/1/content`);
    assert.equal(content.text, text);
    assert.equal(content.headers.get('etag'), `"${sha256}"`);
    assert.equal(content.headers.get('content-length'), String(text.length));
    assert.match(content.headers.get('content-type')!, /^application\/json/);
    assert.equal(content.headers.get('x-content-type-options'), 'nosniff');
  });

  test('a version that is not there is refused with what the latest is', async () => {
    assert.match((await admin.get(`${path}/versions/1`)).body.detail, /It has none yet/);
    await admin.saveVersion(productKey, '{}');
    for (const number of ['0', '2', '999999999999999']) {
      const answer = await admin.get(`${path}/versions/${number}`);
      assert.equal(answer.status, 404);
      assert.match(answer.body.detail, /latest is 1/);
    }
  });

  test('an Idempotency-Key makes a repeated save one save, with the same answer', async () => {
    await admin.saveVersion(productKey, '{"id":9007199254740993}');
    const headers = { 'idempotency-key': 'save-1' };
    const save = (note: string, client = admin) => client.post(`${path}/versions`, { note }, headers);
    const answers = await Promise.all([save('twice'), save('twice'), save('twice')]);
    const [first] = answers;
    assert.equal(first.status, 201);
    for (const answer of answers) assert.deepEqual(answer.body, first.body);
    assert.equal(first.body.warnings.length, 1, 'the repeated answer has the warnings too');
    assert.equal((await admin.get(path)).body.latestVersion, 2);
    const conflict = await save('another note');
    assert.equal(conflict.status, 409);
    assert.equal(conflict.body.code, 'idempotency-conflict');
    const other = await server.signInAs(`ed-${productKey.toLowerCase()}`, ['editor']);
    assert.equal((await save('twice', other)).body.number, 3, "a key is its owner's own");
  });

  test('a save that is repeated is answered as it was, also when the draft has moved on', async () => {
    await admin.saveVersion(productKey, '{"a":1}');
    const save = () => admin.post(`${path}/versions`, {}, { 'idempotency-key': 'once' });
    const first = await save();
    const etag = (await admin.get(`${path}/draft`)).headers.get('etag')!;
    await admin.send('PUT', `${path}/draft`, { raw: '{"a":', headers: { 'if-match': etag } });
    const again = await save();
    assert.equal(again.status, 201, again.text);
    assert.deepEqual(again.body, first.body);
  });

  test('a token that may only save gets the same answer when it repeats a save', async () => {
    await admin.saveVersion(productKey, '{}');
    const name = `ci-${productKey}`;
    const made = await admin.post('/tokens', { name, scopes: ['configs:write'] });
    const token = createApiClient(server.baseUrl, made.body.token);
    const save = () => token.post(`${path}/versions`, {}, { 'idempotency-key': 'k' });
    const first = await save();
    assert.equal(first.status, 201, first.text);
    assert.deepEqual((await save()).body, first.body);
  });

  test('a key that is too long or empty is refused', async () => {
    for (const key of ['', 'k'.repeat(129)]) {
      const answer = await admin.post(`${path}/versions`, {}, { 'idempotency-key': key });
      assert.equal(answer.status, 400, answer.text);
    }
  });

  test('old versions go only when a retention says so, and never the newest five', async () => {
    assert.equal((await admin.patch(path, { retentionVersions: 4 })).status, 400);
    await admin.patch(path, { retentionVersions: 5 });
    for (let n = 1; n <= 8; n += 1) await admin.saveVersion(productKey, `{"n":${n}}`);
    assert.deepEqual(numbersOf((await admin.get(`${path}/versions?limit=500`)).body.items), [8, 7, 6, 5, 4]);
  });
});

describe('R7: view, compare, restore, roll back', () => {
  beforeEach(async () => {
    await admin.saveVersion(productKey, '{\n  "a": 1,\n  "b": [1, 2]\n}\n');
    await admin.saveVersion(productKey, '{\n  "b": [1, 3],\n  "a": 1.0,\n  "c": "x"\n}\n', 'second');
  });

  test('two versions are compared as text and by meaning, in either direction', async () => {
    const { body } = await admin.get(`${path}/versions/diff?from=1&to=2`);
    assert.equal(body.from.number, 1);
    assert.equal(body.to.note, 'second');
    assert.match(body.text, /^--- version 1\n\+\+\+ version 2\n@@ /);
    assert.match(body.text, /^\+ {2}"c": "x"$/m);
    assert.deepEqual(body.changes, [
      { op: 'replace', path: '/b/1', from: '2', to: '3', cut: false },
      { op: 'add', path: '/c', to: '"x"', cut: false },
    ]);
    assert.equal(body.truncated, false);
    const back = await admin.get(`${path}/versions/diff?from=2&to=1`);
    assert.ok(
      back.body.changes.some(
        (each: { op: string; path: string }) => each.op === 'remove' && each.path === '/c',
      ),
    );
    const same = await admin.get(`${path}/versions/diff?from=1&to=1`);
    assert.deepEqual(same.body.changes, []);
    assert.equal(same.body.text, '');
  });

  test('versions that differ only in blanks say so', async () => {
    await admin.saveVersion(productKey, '{"a":1,"b":[1,2]}');
    const { body } = await admin.get(`${path}/versions/diff?from=1&to=3`);
    assert.deepEqual(body.changes, []);
    assert.equal(body.textOnly, true);
    assert.notEqual(body.text, '');
  });

  test('restore puts a version into the editor and changes nothing else', async () => {
    const product = (await admin.get(path)).body;
    const restored = await admin.post(`${path}/versions/1/restore`);
    assert.equal(restored.status, 200, restored.text);
    const draft = await admin.get(`${path}/draft`);
    assert.equal(draft.text, '{\n  "a": 1,\n  "b": [1, 2]\n}\n');
    assert.equal(draft.headers.get('etag'), restored.headers.get('etag'));
    assert.deepEqual((await admin.get(path)).body, product);
    assert.deepEqual((await admin.get(`${path}/rollouts`)).body.items, []);
  });

  test('restore with an older ETag is refused, so that no other editor loses a text', async () => {
    const { headers } = await admin.get(`${path}/draft`);
    const etag = headers.get('etag')!;
    await admin.send('PUT', `${path}/draft`, { raw: '{"mine":1}', headers: { 'if-match': etag } });
    const refused = await admin.post(`${path}/versions/1/restore`, undefined, { 'if-match': etag });
    assert.equal(refused.status, 412);
    assert.equal((await admin.get(`${path}/draft`)).text, '{"mine":1}');
  });

  test("restore without an ETag does not replace another editor's text that is saved nowhere", async () => {
    const eva = await server.signInAs(`eva-${productKey.toLowerCase()}`, ['editor']);
    const restore = () => eva.post(`${path}/versions/1/restore`);
    assert.equal((await restore()).status, 200, 'what was there is the latest version');
    assert.equal((await restore()).status, 200, 'what was there is her own');
    const { headers } = await admin.get(`${path}/draft`);
    const mine = { raw: '{"mine":1}', headers: { 'if-match': headers.get('etag')! } };
    const { body: written } = await admin.send('PUT', `${path}/draft`, mine);
    const refused = await restore();
    assert.deepEqual([refused.status, refused.body.code], [428, 'precondition-required']);
    assert.match(refused.body.detail, /^admin wrote a draft that is not saved/);
    assert.equal((await admin.get(`${path}/draft`)).text, '{"mine":1}');
    const etag = { 'if-match': `"${written.revision}"` };
    assert.equal((await eva.post(`${path}/versions/1/restore`, undefined, etag)).status, 200);
  });

  test('roll back now saves the old content as a new version and starts its rollout', async () => {
    await admin.post('/step-up', {});
    const first = await admin.post(`${path}/roll-back`, { toVersion: 1 }, { 'idempotency-key': 'back' });
    assert.equal(first.status, 201, first.text);
    assert.equal(first.body.version.number, 3);
    assert.deepEqual(first.body.version.origin, { kind: 'rollback', fromVersion: 1 });
    assert.equal(first.body.rollout, null);
    assert.equal(first.body.refusal.code, 'step-up-required');
    assert.equal(first.body.refusal.version, 3);
    await server.passStepUp(admin);
    const again = await admin.post(`${path}/roll-back`, { toVersion: 1 }, { 'idempotency-key': 'back' });
    assert.equal(again.status, 201, again.text);
    assert.equal(again.body.version.number, 3, 'the same request does not save another version');
    assert.equal(again.body.rollout.version, 3);
    assert.equal(again.body.rollout.note, 'Back to version 1');
    assert.equal((await admin.get(`${path}/versions/3/content`)).text, '{\n  "a": 1,\n  "b": [1, 2]\n}\n');
    const third = await admin.post(`${path}/roll-back`, { toVersion: 1 }, { 'idempotency-key': 'back' });
    assert.equal(third.body.rollout.id, again.body.rollout.id);
  });

  test('roll back keeps its version when a gate refuses the push, and says which', async () => {
    await admin.patch(path, { enabled: false });
    const answer = await admin.post(`${path}/roll-back`, { toVersion: 1, note: 'quick' });
    assert.equal(answer.status, 201);
    assert.equal(answer.body.refusal.code, 'switch-off');
    assert.equal((await admin.get(`${path}/versions/3`)).body.note, 'quick');
    assert.deepEqual((await admin.get(`${path}/rollouts`)).body.items, []);
  });
});
