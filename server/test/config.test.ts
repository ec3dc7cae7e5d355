/** Settings: defaults, files, and every mistake answered with the setting's name and what to write. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { describeSettings, readConfig, SETTINGS } from '../src/config.ts';

const refuses = (environment: Record<string, string>, message: RegExp) =>
  assert.throws(() => readConfig(environment), { name: 'DomainError', message });

function fileWith(t: TestContext, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-setting-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'value');
  writeFileSync(path, text);
  return path;
}

test('what belongs to the command line may stand in the same shell', () => {
  const config = readConfig({ OPENCOTA_URL: 'http://127.0.0.1:8080', OPENCOTA_TOKEN: 'oct_x' });
  assert.deepEqual(config, readConfig({}));
  refuses({ OPENCOTA_URLS: 'x' }, /OPENCOTA_URLS is not a setting/);
});

test('without any setting the documented defaults hold', () => {
  const config = readConfig({ PATH: '/bin', OTHER: 'x' });
  assert.deepEqual(
    { ...config, stepUp: undefined, settings: undefined },
    {
      dataDir: './data',
      host: '0.0.0.0',
      httpPort: 8080,
      mqttPort: 1883,
      tls: null,
      isPlainRegistrationAllowed: true,
      publicUrl: null,
      secretKey: null,
      trustedNetworks: [],
      trustedProxies: [],
      metricsToken: null,
      keepAliveSecondsMin: 30,
      logLevel: 'info',
      stepUp: undefined,
      settings: undefined,
    },
  );
  assert.deepEqual(config.settings, describeSettings({}));
  assert.deepEqual(config.stepUp, { sms: undefined, email: undefined });
});

test('every setting has a name of its own, a meaning that is a sentence, and is documented', () => {
  for (const [name, { meaning }] of Object.entries(SETTINGS)) {
    assert.match(name, /^OPENCOTA_[A-Z_]+$/);
    assert.match(meaning, /\.$/, name);
  }
  assert.deepEqual(
    describeSettings({}).map(({ name }) => name),
    Object.keys(SETTINGS),
  );
});

test('an unknown setting stops the start and names the one that was meant', () => {
  refuses({ OPENCOTA_HTTP_PROT: '1' }, /OPENCOTA_HTTP_PROT is not a setting/);
  refuses({ OPENCOTA_PORT_HTTP: '1' }, /Did you mean OPENCOTA_HTTP_PORT\?/);
});

test('a setting that is empty is one that is not set', () => {
  const config = readConfig({
    OPENCOTA_HTTP_PORT: '',
    OPENCOTA_DATA_DIR: '',
    OPENCOTA_SECRET_KEY: '',
    OPENCOTA_HOST: '',
  });
  assert.equal(config.httpPort, 8080);
  assert.equal(config.dataDir, './data');
  assert.equal(config.host, '0.0.0.0');
  assert.equal(config.secretKey, null);
});

test('ports are whole numbers that differ, MQTT may be off, and 0 is any free one', () => {
  for (const value of ['http', '-1', '65536', '80.5', '0x50', '1e3', ' 80']) {
    refuses(
      { OPENCOTA_HTTP_PORT: value },
      /OPENCOTA_HTTP_PORT is ".*", but must be a whole number from 0 to 65535/,
    );
  }
  assert.equal(readConfig({ OPENCOTA_MQTT_PORT: 'off' }).mqttPort, null);
  refuses({ OPENCOTA_HTTP_PORT: '1883' }, /must differ: 1883 is given twice/);
  assert.equal(readConfig({ OPENCOTA_HTTP_PORT: '0', OPENCOTA_MQTT_PORT: '0' }).mqttPort, 0);
  refuses({ OPENCOTA_HTTP_PORT: 'off' }, /OPENCOTA_HTTP_PORT/);
});

test('a certificate and its key go together', () => {
  refuses({ OPENCOTA_TLS_CERT: '/a.pem' }, /OPENCOTA_TLS_CERT and OPENCOTA_TLS_KEY go together/);
  refuses({ OPENCOTA_TLS_KEY: '/a.pem' }, /go together/);
  const { tls } = readConfig({ OPENCOTA_TLS_CERT: '/a.pem', OPENCOTA_TLS_KEY: '/b.pem' });
  assert.deepEqual(tls, { port: 8883, certPath: '/a.pem', keyPath: '/b.pem', isPskOn: false });
  refuses({ OPENCOTA_TLS_PSK: 'on' }, /OPENCOTA_TLS_PSK is on, but MQTT over TLS is off/);
});

test('the public address is one that a device can read', () => {
  const publicUrlOf = (text: string) => readConfig({ OPENCOTA_PUBLIC_URL: text }).publicUrl;
  assert.equal(publicUrlOf('http://cota.example.com/'), 'http://cota.example.com');
  assert.equal(publicUrlOf('https://cota.example.com/config//'), 'https://cota.example.com/config');
  assert.equal(publicUrlOf('http://[2001:db8::1]:8080'), 'http://[2001:db8::1]:8080');
  for (const text of [
    'cota.example.com',
    'ftp://cota.example.com',
    'http://cota.example.com/?a=1',
    'http://cota.example.com/#a',
    'http://user:password@cota.example.com',
    'http://cota.example.com/{id}',
    'http://cota.example.com/"x',
    'http://',
    'http://ünicode.example',
  ]) {
    refuses({ OPENCOTA_PUBLIC_URL: text }, /OPENCOTA_PUBLIC_URL is ".*", but must be an http\(s\) address/);
  }
  refuses({ OPENCOTA_PUBLIC_URL: `http://${'a'.repeat(180)}` }, /longer than 180 characters/);
});

test('networks and proxies are addresses or networks, several with commas', () => {
  const { trustedNetworks, trustedProxies } = readConfig({
    OPENCOTA_TRUSTED_NETWORKS: '10.0.0.0/8, 2001:db8::/32 ,192.0.2.7,',
    OPENCOTA_TRUSTED_PROXIES: '127.0.0.1',
  });
  assert.deepEqual(trustedNetworks, ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  assert.deepEqual(trustedProxies, ['127.0.0.1']);
  for (const text of [
    'office',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/',
    '::1/129',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
  ]) {
    refuses({ OPENCOTA_TRUSTED_NETWORKS: text }, /OPENCOTA_TRUSTED_NETWORKS has ".*", which is neither/);
    refuses({ OPENCOTA_TRUSTED_PROXIES: text }, /OPENCOTA_TRUSTED_PROXIES has/);
  }
});

test('a setting may be read from a file, and only once', (t) => {
  const path = fileWith(t, 'the token\n');
  assert.equal(readConfig({ OPENCOTA_METRICS_TOKEN_FILE: path }).metricsToken, 'the token');
  refuses(
    { OPENCOTA_METRICS_TOKEN_FILE: path, OPENCOTA_METRICS_TOKEN: 'x' },
    /OPENCOTA_METRICS_TOKEN_FILE and OPENCOTA_METRICS_TOKEN are both set/,
  );
  refuses(
    { OPENCOTA_SECRET_KEY_FILE: `${path}.none` },
    /OPENCOTA_SECRET_KEY_FILE: the file .* cannot be read/,
  );
  refuses({ OPENCOTA_SECRET_KEY_FILE: fileWith(t, ' \n') }, /names the file .*, which is empty/);
  refuses({ OPENCOTA_NOTHING_FILE: path }, /is not a setting/);
});

test('another database than the embedded one is refused in words', () => {
  refuses({ OPENCOTA_DATABASE_URL: 'postgres://x' }, /only the embedded SQLite/);
});

test('log level and keep-alive are what they may be', () => {
  refuses({ OPENCOTA_LOG_LEVEL: 'loud' }, /must be one of trace, debug, info, warn, error/);
  refuses({ OPENCOTA_KEEP_ALIVE_MIN: '0' }, /from 1 to 1200/);
});

test('an SMS provider needs all of its settings, and its settings need it', () => {
  refuses({ OPENCOTA_SMS_PROVIDER: 'pigeon' }, /is "pigeon", but must be webhook, aliyun or twilio/);
  refuses(
    { OPENCOTA_SMS_PROVIDER: 'webhook' },
    /OPENCOTA_SMS_WEBHOOK_URL, OPENCOTA_SMS_WEBHOOK_SECRET must be set/,
  );
  refuses({ OPENCOTA_SMS_PROVIDER: 'aliyun' }, /OPENCOTA_SMS_ALIYUN_SIGN_NAME/);
  const webhook = { OPENCOTA_SMS_WEBHOOK_URL: 'https://sms.example', OPENCOTA_SMS_WEBHOOK_SECRET: 's' };
  refuses(webhook, /OPENCOTA_SMS_WEBHOOK_\w+ is set, but OPENCOTA_SMS_PROVIDER is unset/);
  refuses(
    { ...webhook, OPENCOTA_SMS_PROVIDER: 'twilio' },
    /PROVIDER is "twilio". Set it to webhook, or leave/,
  );
  const { stepUp } = readConfig({ ...webhook, OPENCOTA_SMS_PROVIDER: 'webhook' });
  assert.deepEqual(stepUp.sms, {
    provider: 'webhook',
    allowLocal: false,
    url: 'https://sms.example',
    secret: 's',
  });
  refuses({ OPENCOTA_SMS_ALLOW_LOCAL: 'maybe' }, /must be one of yes, no/);
});

test('a Twilio sender is a number, or a messaging service by the shape of its id', () => {
  const senderOf = (from: string) => {
    const { stepUp } = readConfig({
      OPENCOTA_SMS_PROVIDER: 'twilio',
      OPENCOTA_SMS_TWILIO_ACCOUNT_SID: 'AC1',
      OPENCOTA_SMS_TWILIO_AUTH_TOKEN: 't',
      OPENCOTA_SMS_TWILIO_FROM: from,
    });
    assert.equal(stepUp.sms?.provider, 'twilio');
    return 'sender' in stepUp.sms! ? stepUp.sms.sender : undefined;
  };
  assert.deepEqual(senderOf('+15550100'), { from: '+15550100' });
  assert.deepEqual(senderOf(`MG${'a'.repeat(32)}`), { messagingServiceSid: `MG${'a'.repeat(32)}` });
});

test('mail needs a server and a sender', () => {
  refuses({ OPENCOTA_SMTP_URL: 'smtp://x' }, /OPENCOTA_SMTP_FROM must be set/);
  refuses({ OPENCOTA_SMTP_FROM: 'a@example.com' }, /OPENCOTA_SMTP_URL is not/);
});

test('printed settings show what is set and mask what is secret', (t) => {
  const path = fileWith(t, 'from a file');
  const printed = describeSettings({
    OPENCOTA_HTTP_PORT: '9000',
    OPENCOTA_METRICS_TOKEN: 'very secret',
    OPENCOTA_SMTP_URL_FILE: path,
  });
  const shownValue = (name: string) => printed.find((each) => each.name === name)?.value;
  assert.equal(shownValue('OPENCOTA_HTTP_PORT'), '9000');
  assert.equal(shownValue('OPENCOTA_METRICS_TOKEN'), '********');
  assert.equal(shownValue('OPENCOTA_SECRET_KEY'), '');
  assert.doesNotMatch(JSON.stringify(printed), /very secret|from a file/);
});
