/** `/server`: what the server says of itself, and messages that try out its channels. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ProviderStandIn, startProvider } from '../stepup/provider-stand-in.ts';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { createTestTime } from '../support/test-clock.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const SECRET = 'a secret of the webhook';
const time = createTestTime();
let provider: ProviderStandIn;
let server: TestServer;
let admin: ApiClient;
let providerStatus = 200;

before(async () => {
  provider = await startProvider((response, { body }) => void response.writeHead(providerStatus).end(body));
  const environment = {
    OPENCOTA_SMS_PROVIDER: 'webhook',
    OPENCOTA_SMS_ALLOW_LOCAL: 'yes',
    OPENCOTA_SMS_WEBHOOK_URL: provider.url,
    OPENCOTA_SMS_WEBHOOK_SECRET: SECRET,
  };
  server = await startTestServer({ environment, time });
  ({ admin } = server);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

describe('the server says', () => {
  test('where devices reach it: the ports that are open, not those that were asked for', async () => {
    const { body } = await (await server.signInAs('looks', ['viewer'])).get('/server');
    assert.deepEqual(body.mqtt, { port: server.mqttPort, tlsPort: null, webSocketPath: '/mqtt' });
    assert.equal(body.publicUrl, server.baseUrl);
    assert.match(body.version, /^\d+\.\d+\.\d+/);
    assert.deepEqual(body.limits, { configBytesMax: 1_048_576, bulkRowsMax: 100_000 });
    assert.ok(Date.parse(body.startedAt) < Date.parse(body.time));
    assert.ok(Math.abs(Date.parse(body.time) - time.wallMs()) < 5_000);
  });

  test('how codes go out: over what is configured, and over the log only where nothing is', async () => {
    const { body } = await admin.get('/server');
    assert.deepEqual([body.stepUpChannels, body.smsConfigured, body.emailConfigured], [['sms'], true, false]);
    await using bare = await startTestServer({ environment: { OPENCOTA_MQTT_PORT: 'off' } });
    const without = (await bare.admin.get('/server')).body;
    assert.deepEqual(without.stepUpChannels, ['log']);
    assert.equal(without.smsConfigured, false);
    assert.equal(without.mqtt.port, null);
  });

  test('what its disk has left, to administrators only, and to whoever reads its metrics', async () => {
    const { storage } = (await admin.get('/server')).body;
    assert.ok(storage.storeBytes > 100_000 && storage.storeBytes < 100_000_000, JSON.stringify(storage));
    assert.ok(storage.freeBytes > storage.storeBytes, JSON.stringify(storage));
    const others = await server.signInAs('watches', ['operator']);
    assert.equal('storage' in (await others.get('/server')).body, false);
    const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
    for (const name of ['store_bytes', 'store_free_bytes'])
      assert.match(metrics, new RegExp(`^opencota_${name} [1-9][\\d.e+]+$`, 'm'));
  });

  test('its settings to administrators only, and never a secret', async () => {
    const { body, text } = await admin.get('/server');
    const find = (wanted: string) => body.settings.find(({ name }: { name: string }) => name === wanted);
    assert.deepEqual(find('OPENCOTA_KEEP_ALIVE_MIN'), {
      name: 'OPENCOTA_KEEP_ALIVE_MIN',
      value: '1',
      default: '30',
      meaning: 'Shortest MQTT keep-alive that is accepted, seconds. Alink: 30.',
    });
    assert.equal(find('OPENCOTA_SMS_WEBHOOK_SECRET').value, '********');
    assert.ok(!text.includes(SECRET));
    const others = await server.signInAs('works', ['editor', 'operator']);
    assert.equal('settings' in (await others.get('/server')).body, false);
    const token = await admin.post('/tokens', { name: 'reads', scopes: ['read'] });
    const program = await createApiClient(server.baseUrl, token.body.token).get('/server');
    assert.deepEqual([program.status, 'settings' in program.body], [200, false]);
  });
});

describe('a test message', () => {
  const send = (channel: string) => admin.post('/server/test-message', { channel });
  const setPhone = (phone: string | null) => admin.patch('/users/admin', { phone });

  test('needs a provider, and an address of whoever asks', async () => {
    const noProvider = await send('email');
    assert.deepEqual([noProvider.status, noProvider.body.reason], [409, 'no-provider']);
    assert.match(noProvider.body.detail, /Set OPENCOTA_SMTP_URL/);
    await setPhone(null);
    const noAddress = await send('sms');
    assert.deepEqual([noAddress.status, noAddress.body.reason], [409, 'no-address']);
    assert.equal((await send('pigeon')).status, 400);
    assert.equal(provider.requests.length, 0);
  });

  test("goes to the administrator's own number, says that it is a test, and is in the audit log", async () => {
    await setPhone('+8613800001234');
    const sent = await send('sms');
    assert.equal(sent.status, 200, sent.text);
    assert.deepEqual([sent.body.channel, sent.body.provider], ['sms', 'webhook']);
    assert.ok(!sent.text.includes('13800001234'), 'masked');
    const message = JSON.parse(provider.requests.at(-1)!.body);
    assert.equal(message.to, '+8613800001234');
    assert.match(message.text, /TEST/);
    assert.doesNotMatch(message.text, /\d{6}/, 'no code in it');
    const { body } = await admin.get('/audit?action=server.test-message&limit=1');
    const [entry] = body.items;
    assert.deepEqual([entry.actor, entry.outcome, entry.target], ['admin', 'ok', 'sms']);
    assert.ok(!JSON.stringify(entry).includes('13800001234'));
  });

  test('that the provider does not take is refused with what it said, but not with what it was told', async () => {
    await setPhone('+8613800001234');
    providerStatus = 402;
    const refused = await send('sms').finally(() => {
      providerStatus = 200;
    });
    assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable']);
    assert.deepEqual([refused.body.provider, refused.body.providerCode], ['webhook', 'HTTP 402']);
    assert.match(refused.body.detail, /did not accept it/);
    assert.ok(!refused.text.includes('13800001234') && !refused.text.includes(SECRET));
    const { body } = await admin.get('/audit?action=server.test-message&limit=1');
    assert.deepEqual([body.items[0].outcome, body.items[0].detail.code], ['refused', 'unavailable']);
  });

  test('is sent only so often in an hour', async () => {
    await setPhone('+8613800001234');
    time.pass(3_600_000);
    const before = provider.requests.length;
    const answers = [];
    for (let n = 0; n < 11; n += 1) answers.push(await send('sms'));
    assert.equal(provider.requests.length - before, 10);
    const last = answers.at(-1)!;
    assert.deepEqual([last.status, last.body.code], [429, 'throttled']);
    assert.ok(Number(last.headers.get('retry-after')) > 3_500);
    time.pass(3_600_000);
    assert.equal((await send('sms')).status, 200);
  });
});
