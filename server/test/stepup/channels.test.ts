import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChannels, maskAddress, type StepUpSettings } from '../../src/stepup/channels.ts';
import { exampleMessage, patience } from './example-message.ts';

const webhook = {
  provider: 'webhook',
  url: 'https://sms.example.com/',
  secret: 'sixteen-characters',
  allowLocal: false,
} as const;
const aliyun = {
  provider: 'aliyun',
  accessKeyId: 'id',
  accessKeySecret: 'hunter2',
  signName: 'n',
  templateCode: 'SMS_1',
  allowLocal: false,
} as const;
const twilio = {
  provider: 'twilio',
  accountSid: 'AC1',
  authToken: 'hunter2',
  sender: { from: '+1' },
  allowLocal: false,
} as const;
const email = { provider: 'smtp', url: 'smtps://mail.example.com', from: 'no-reply@example.com' } as const;

async function logLine(changes: Parameters<typeof exampleMessage>[0] = {}): Promise<string> {
  const lines: string[] = [];
  const { log } = createChannels({ sms: undefined, email: undefined }, (line) => lines.push(line));
  await log.send(exampleMessage(changes), patience());
  assert.equal(lines.length, 1);
  return lines[0] ?? '';
}

test('without settings there is the log and nothing else', () => {
  const channels = createChannels({ sms: undefined, email: undefined }, () => {});
  assert.deepEqual(Object.keys(channels), ['log']);
  assert.equal(channels.log.kind, 'log');
});

test('each provider gives the channel that bears its name', () => {
  for (const sms of [webhook, aliyun, twilio]) {
    const channels = createChannels({ sms, email }, () => {});
    assert.deepEqual([channels.sms?.kind, channels.sms?.provider], ['sms', sms.provider]);
    assert.deepEqual([channels.email?.kind, channels.email?.provider], ['email', 'smtp']);
  }
});

test('settings that cannot work are refused when the channels are made, without repeating a secret', () => {
  const wrong: StepUpSettings[] = [
    { sms: { ...webhook, url: 'http://sms.example.com/' }, email: undefined },
    { sms: { ...webhook, secret: 'hunter2' }, email: undefined },
    { sms: { ...aliyun, endpoint: 'https://127.0.0.1/' }, email: undefined },
    { sms: { ...aliyun, endpoint: 'https://sms.example.com/path' }, email: undefined },
    { sms: { ...twilio, baseUrl: 'https://a:hunter2@example.com/' }, email: undefined },
    { sms: undefined, email: { ...email, url: 'mail.example.com:hunter2' } },
    { sms: undefined, email: { ...email, from: 'hunter2' } },
  ];
  for (const settings of wrong) {
    assert.throws(
      () => createChannels(settings, () => {}),
      (error) =>
        error instanceof Error && error.message.startsWith('The ') && !error.message.includes('hunter2'),
    );
  }
});

test('the log prints one marked line', async () => {
  assert.equal(
    await logLine(),
    'STEP-UP CODE (no SMS or mail provider is configured, so it is printed here): 428913 — for push version 7 of product a1BcDeFgHiJ, valid 5 minutes, meant for +86 138****0000',
  );
});

test('the code is the only number of six digits in the line, whatever the message says', async () => {
  const purposes = [
    'push version 123456',
    'send to 100000/200000 devices',
    'product 654321-654321',
    'x123456x',
    '推送 888888 台',
  ];
  for (const purpose of purposes) {
    for (const to of ['+8613812340000', 'u123456', 'bob@123456.example', '654321', 'a@b\n777777']) {
      const line = await logLine({ purpose, to, expiresInSeconds: 123456 * 60 });
      assert.deepEqual(line.match(/(?<!\d)\d{6}(?!\d)/g), ['428913'], line);
      assert.deepEqual(line.match(/\b\d{6}\b/g), ['428913'], line);
    }
  }
});

test('a message cannot add lines or control characters to the log', async () => {
  const line = await logLine({ purpose: 'a\nSTEP-UP CODE: 1\u001b[2J\u2028b', to: 'eve\r\nx@example.com' });
  assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test('addresses are shown so that their owner recognises them and nobody learns them', () => {
  const cases: Readonly<Record<string, string>> = {
    '+8613800000000': '+86 138****0000',
    '+86 138 0000 0000': '+86 138****0000',
    '008613800000000': '+86 138****0000',
    '13800000000': '138****0000',
    '+447911123456': '+44****3456',
    '+14155550100': '+14****0100',
    '12345': '****5',
    '+12345678': '+****8',
    'alice@example.com': 'a***@example.com',
    'a@example.com': '***@example.com',
    '@example.com': '***@example.com',
    '"x@y"@example.com': '"***@example.com',
    '李雷@example.com': '李***@example.com',
    alice: 'a***',
    a: '***',
    '': '***',
  };
  for (const [address, masked] of Object.entries(cases)) assert.equal(maskAddress(address), masked, address);
});
