/** The rules of `product.md` about products, the switch and configurations, seen from outside: R1–R8. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AlinkDevice, download, refusalOf } from '../support/alink-device.ts';
import { startSdkDevice } from '../support/sdk-device.ts';
import {
  changeProduct,
  createDevice,
  createDevices,
  createProduct,
  findRollout,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

const putDraft = (productKey: string, raw: string | Uint8Array, headers: Record<string, string>) =>
  server.admin.send('PUT', `/products/${productKey}/draft`, { raw, headers });

test('R1: the switch starts off; a request is answered 6713 and a push refused until it is on', async () => {
  const { admin } = server;
  const { productKey } = (await admin.post('/products', { name: 'Lamp' })).body;
  assert.equal((await admin.get(`/products/${productKey}`)).body.enabled, false);
  const identity = await createDevice(admin, productKey);
  await admin.saveVersion(productKey, '{"a":1}');
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  assert.equal((await device.get()).code, 6713);
  assert.equal(
    (await admin.post(`/products/${productKey}/rollouts`, { version: 1 })).body.code,
    'switch-off',
  );
  await changeProduct(admin, productKey, { enabled: true, coolDownSeconds: 0 });
  assert.equal((await device.get()).code, 200);
  await server.push(productKey, 1);
  assert.equal(await download(await device.nextPush()), '{"a":1}');
});

test('R1: turned off, dispatch stops at once, links die, and turning it on again resumes nothing', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const [identity, absent] = await createDevices(admin, productKey, ['lamp-1', 'lamp-2']);
  await admin.saveVersion(productKey, '{"a":1}');
  await using device = await AlinkDevice.connect(server.mqttPort, identity!);
  await untilOnline(admin, productKey, 1);
  const { id } = await server.push(productKey, 1);
  const offer = await device.nextPush();
  await changeProduct(admin, productKey, { enabled: false });

  const paused = await findRollout(admin, id);
  assert.deepEqual([paused.state, paused.pauseReason], ['paused', 'switch-off']);
  assert.equal(await refusalOf(offer), 'link-revoked');
  assert.equal((await device.get()).code, 6713);
  await using late = await AlinkDevice.connect(server.mqttPort, absent!);
  await untilOnline(admin, productKey, 2);
  assert.equal((await admin.post(`/rollouts/${id}/actions/resume`)).body.code, 'switch-off');

  await changeProduct(admin, productKey, { enabled: true });
  await server.app.services.reconciler.settled();
  assert.equal((await findRollout(admin, id)).state, 'paused');
  assert.equal(late.pushCount, 0, 'nothing was handed over while paused');
  assert.equal(await refusalOf(offer), 'link-revoked', 'a link from before stays dead');

  assert.equal((await admin.post(`/rollouts/${id}/actions/resume`)).body.state, 'running');
  await download(await late.nextPush());
});

test('R2: names follow Alink; secrets are shown once, and a rotated one connects', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  for (const deviceName of ['abc', 'a'.repeat(33), 'lamp 1', 'lämp'])
    assert.equal(
      (await admin.post(`/products/${productKey}/devices`, { deviceName })).status,
      400,
      deviceName,
    );
  const made = await admin.post(`/products/${productKey}/devices`, { deviceName: 'A-b_c@d.e:f' });
  assert.equal(made.status, 201, made.text);
  const identity = { productKey, deviceName: 'A-b_c@d.e:f', deviceSecret: made.body.deviceSecret };
  const seen = await admin.get(`/products/${productKey}/devices/${identity.deviceName}`);
  assert.ok(!seen.text.includes(identity.deviceSecret), 'not shown again');
  await (await AlinkDevice.connect(server.mqttPort, identity))[Symbol.asyncDispose]();

  const rotated = await admin.post(`/products/${productKey}/devices/${identity.deviceName}/rotate-secret`, {
    immediate: true,
  });
  const renewed = { ...identity, deviceSecret: rotated.body.deviceSecret };
  await (await AlinkDevice.connect(server.mqttPort, renewed))[Symbol.asyncDispose]();
  await assert.rejects(AlinkDevice.connect(server.mqttPort, identity), { code: 4 });
});

test('R3: a device gets what its author saved, byte for byte, and what is not JSON is refused with line and column', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  const text = '{\r\n  "z": 1.0, "a": 9007199254740993,\t"é": "\\u00e9",\n"10":-0, "9":1e2 }\n';
  const saved = await admin.saveVersion(productKey, text);
  assert.ok(saved.warnings.length > 0, 'a number that does not survive a double is a warning');
  await using device = await startSdkDevice(server.mqttPort, identity);
  await until('the SDK applied it', () => device.applied[0]);
  assert.equal(device.applied[0]!.text, text);

  const draft = await admin.get(`/products/${productKey}/draft`);
  let etag = draft.headers.get('etag')!;
  const refused = async (content: string | Uint8Array) => {
    const written = await putDraft(productKey, content, { 'if-match': etag });
    etag = written.headers.get('etag')!;
    const answer = await admin.post(`/products/${productKey}/versions`, {});
    assert.equal(answer.body.code, 'config-invalid', answer.text);
    return answer.body.problems[0];
  };
  const twice = await refused('{"a":1,\n "a":2}');
  assert.equal(twice.line, 2);
  assert.ok((await refused('{\n"a": tru}')).column > 1);
  assert.equal((await refused('5')).line, 1);
  await refused(Uint8Array.from([0x7b, 0xff, 0x7d]));
  await refused(`{"a":"${'x'.repeat(65_536)}"}`);
  await refused('['.repeat(65) + ']'.repeat(65));
});

test('R4: a draft written without the current ETag is refused, and nothing is overwritten', async () => {
  const { productKey } = await createProduct(server.admin);
  const first = await putDraft(productKey, '{"a":1}', { 'if-none-match': '*' });
  assert.equal(first.status, 200, first.text);
  const etag = first.headers.get('etag')!;
  assert.equal((await putDraft(productKey, '{"a":2}', {})).status, 428);
  assert.equal((await putDraft(productKey, '{"a":2}', { 'if-match': etag })).status, 200);
  assert.equal((await putDraft(productKey, '{"a":3}', { 'if-match': etag })).status, 412);
  assert.equal((await server.admin.get(`/products/${productKey}/draft`)).text, '{"a":2}');
});

test('R5: saving sends nothing; from then on a request gets it, or only once it was rolled out', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  assert.equal((await device.get()).code, 6710);
  await admin.saveVersion(productKey, '{"a":1}');
  assert.equal(await download((await device.get()).data), '{"a":1}');
  await changeProduct(admin, productKey, { requestPolicy: 'rolledOut' });
  assert.equal((await device.get()).code, 6710);
  assert.equal(device.pushCount, 0);
  await server.push(productKey, 1);
  await download(await device.nextPush());
  await admin.saveVersion(productKey, '{"a":2}');
  assert.equal(await download((await device.get()).data), '{"a":1}');
});

test('R6: the list shows the newest versions first and pages back; a version in use is kept', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { retentionVersions: 5 });
  const identity = await createDevice(admin, productKey);
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  for (let n = 1; n <= 2; n += 1) await admin.saveVersion(productKey, `{"n":${n}}`);
  await server.push(productKey, 1);
  await download(await device.nextPush());
  await untilDelivered(admin, identity, 'downloaded');
  for (let n = 3; n <= 8; n += 1) await admin.saveVersion(productKey, `{"n":${n}}`);
  const page = await admin.get(`/products/${productKey}/versions?limit=5`);
  assert.deepEqual(
    page.body.items.map(({ number }: { number: number }) => number),
    [8, 7, 6, 5, 4],
  );
  assert.ok(
    page.body.items.every((each: { createdAt: string }) => !Number.isNaN(Date.parse(each.createdAt))),
  );
  const older = await admin.get(`/products/${productKey}/versions?limit=5&cursor=${page.body.nextCursor}`);
  assert.deepEqual(
    older.body.items.map(({ number }: { number: number }) => number),
    [1],
    'beyond the newest five only what a device runs is left',
  );
  assert.equal((await admin.get(`/products/${productKey}/versions/1/content`)).text, '{"n":1}');
});

test('R7: view, compare and restore change nothing at devices; roll back is a new version pushed to them', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  await using device = await startSdkDevice(server.mqttPort, identity);
  await admin.saveVersion(productKey, '{"a":1}');
  await admin.saveVersion(productKey, '{"a":2}');
  await untilEnded(admin, (await server.push(productKey, 2)).id);
  assert.equal((await admin.get(`/products/${productKey}/versions/1`)).body.number, 1);
  const diff = (await admin.get(`/products/${productKey}/versions/diff?from=1&to=2`)).body;
  assert.deepEqual([diff.changes[0].op, diff.changes[0].path], ['replace', '/a']);
  assert.match(diff.text, /^-\{"a":1\}$/m);
  const draft = await admin.get(`/products/${productKey}/draft`);
  const restored = await admin.post(`/products/${productKey}/versions/1/restore`, undefined, {
    'if-match': draft.headers.get('etag')!,
  });
  assert.equal(restored.status, 200, restored.text);
  assert.equal((await admin.get(`/products/${productKey}/draft`)).text, '{"a":1}');
  assert.equal((await admin.get(`/products/${productKey}`)).body.latestVersion, 2);

  const back = (await admin.post(`/products/${productKey}/roll-back`, { toVersion: 1 })).body;
  assert.deepEqual([back.version.number, back.version.origin.fromVersion], [3, 1]);
  await untilEnded(admin, back.rollout.id);
  assert.deepEqual(
    [device.applied.at(-1)!.version, device.applied.at(-1)!.text],
    [3, '{"a":1}'],
    'the device went up to the old content',
  );
});

test('R8: a save that breaks the schema is refused with a pointer, and a costly pattern does not hang the server', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const schema = {
    type: 'object',
    properties: { led: { properties: { hz: { type: 'integer' } } }, s: { pattern: '^(a+)+$' } },
  };
  const put = await admin.send('PUT', `/products/${productKey}/schema`, {
    raw: JSON.stringify(schema),
    headers: { 'if-none-match': '*' },
  });
  assert.equal(put.status, 200, put.text);
  await putDraft(productKey, '{"led":{"hz":"fast"}}', { 'if-none-match': '*' });
  const refused = await admin.post(`/products/${productKey}/versions`, {});
  assert.equal(refused.body.code, 'schema-violated', refused.text);
  assert.equal(refused.body.violations[0].pointer, '/led/hz');
  const draft = await admin.get(`/products/${productKey}/draft`);
  await putDraft(productKey, `{"s":"${'a'.repeat(40)}!"}`, { 'if-match': draft.headers.get('etag')! });
  const since = performance.now();
  assert.equal((await admin.post(`/products/${productKey}/versions`, {})).body.code, 'schema-violated');
  // What a pattern that backtracks would need is beyond any patience.
  assert.ok(performance.now() - since < 10_000);
  const remote = await admin.send('PUT', `/products/${productKey}/schema`, {
    raw: '{"$ref":"http://127.0.0.1/elsewhere.json"}',
    headers: { 'if-match': put.headers.get('etag')! },
  });
  assert.equal(remote.body.code, 'schema-invalid', remote.text);
});
