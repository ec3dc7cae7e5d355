import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { ChannelOptions } from '../../src/stepup/channel.ts';
import { createEmail, parseSmtpUrl } from '../../src/stepup/email.ts';
import { assertFailure, exampleMessage, failureOf, patience } from './example-message.ts';
import { startMailServer } from './mail-server.ts';

const password = 'p@ss/w:rd';
const login = `mailer:${encodeURIComponent(password)}@`;
const plain = Buffer.from(`\0mailer\0${password}`).toString('base64');
const secrets = [password, encodeURIComponent(password), plain, exampleMessage().code];
const toAlice = exampleMessage({ to: 'alice@example.com' });

function channelTo(port: number, options: ChannelOptions & { login?: string } = {}) {
  const url = `smtp://${options.login ?? ''}127.0.0.1:${port}`;
  return createEmail({ provider: 'smtp', url, from: 'OpenCOTA <no-reply@example.com>' }, options);
}

/** Header and body of a mail, the body decoded. */
function readMail(data: string): { header: string; body: string } {
  const end = data.indexOf('\r\n\r\n');
  const header = data.slice(0, end).replaceAll(/\r\n[ \t]/g, ' ');
  const body = data.slice(end + 4);
  const isBase64 = /^content-transfer-encoding: base64$/im.test(header);
  return {
    header,
    body: isBase64 ? Buffer.from(body, 'base64').toString('utf8') : body.replaceAll('\r\n', '\n'),
  };
}

test('an English mail arrives with sender, recipient, code and purpose', async () => {
  await using server = await startMailServer();
  await channelTo(server.port).send(toAlice, patience());
  const [mail, ...others] = server.mails;
  assert.ok(mail);
  assert.equal(others.length, 0);
  assert.match(mail.from, /^MAIL FROM:<no-reply@example\.com>/);
  assert.deepEqual(mail.to, ['RCPT TO:<alice@example.com>']);
  const { header, body } = readMail(mail.data);
  assert.match(header, /^From: OpenCOTA <no-reply@example\.com>$/m);
  assert.match(header, /^To: alice@example\.com$/m);
  assert.match(header, /^Subject: Your OpenCOTA verification code$/m);
  assert.match(header, /^Content-Type: text\/plain; charset=utf-8$/m);
  assert.ok(!header.includes(toAlice.code));
  assert.equal(
    body.trimEnd(),
    'To push version 7 of product a1BcDeFgHiJ, enter this code:\n\n428913\n\nIt is valid for 5 minutes. If this was not you, please ignore this message.',
  );
});

test('a Chinese mail arrives whole, and a line break in the purpose stays in the text', async () => {
  await using server = await startMailServer();
  const purpose = '推送产品 a1B\r\nBcc: bob@example.com 的第 7 版';
  await channelTo(server.port).send({ ...toAlice, language: 'zh', purpose }, patience());
  const { header, body } = readMail(server.mails[0]?.data ?? '');
  assert.match(header, /^Subject: =\?UTF-8\?Q\?OpenCOTA_=E9=AA=8C=E8=AF=81=E7=A0=81\?=$/m);
  assert.doesNotMatch(header, /^bcc/im);
  assert.equal(
    body.trimEnd(),
    '验证码：428913\n\n用于推送产品 a1B Bcc: bob@example.com 的第 7 版，5 分钟内有效。\n\n如非本人操作请忽略。',
  );
  assert.deepEqual(server.mails[0]?.to, ['RCPT TO:<alice@example.com>']);
});

test('user name and password of the address are decoded and used', async () => {
  await using server = await startMailServer();
  await channelTo(server.port, { login }).send(toAlice, patience());
  assert.equal(server.mails[0]?.credentials, `\0mailer\0${password}`);
});

test('anything but one plain address is not sent', async () => {
  await using server = await startMailServer();
  const lists = [
    'alice@example.com,bob@example.com',
    'a@example.com;b@example.com',
    'Alice <alice@example.com>',
  ];
  for (const to of [
    ...lists,
    'alice',
    '',
    'alice@example.com\r\nRCPT TO:<bob@example.com>',
    '+8613812340000',
  ]) {
    const error = await failureOf(channelTo(server.port).send({ ...toAlice, to }, patience()), secrets);
    assertFailure(error, 'recipient');
  }
  assert.deepEqual(server.lines, []);
});

test('refusals at each step carry the status of the mail server and none of its words', async () => {
  const cases = [
    [{ AUTH: `535 no, ${password}` }, 'SMTP 535'],
    [{ RCPT: '550 no alice@example.com here' }, 'SMTP 550'],
    [{ DATA: '451 later' }, 'SMTP 451'],
    [{ '.': '554 428913 looks like spam' }, 'SMTP 554'],
  ] as const;
  for (const [answers, providerCode] of cases) {
    await using server = await startMailServer({ answers });
    const error = await failureOf(channelTo(server.port, { login }).send(toAlice, patience()), secrets);
    assertFailure(error, 'refused', providerCode);
    await server.idle();
  }
});

test('a mail server that says nothing runs into the time limit, and the connection is closed', async () => {
  await using server = await startMailServer({ isSilent: true });
  const error = await failureOf(channelTo(server.port, { timeoutMs: 80 }).send(toAlice, patience()), secrets);
  assertFailure(error, 'timeout');
  await server.idle();
});

test('a mail server that keeps talking without coming to an end runs into the time limit', async () => {
  await using server = await startMailServer({ isEndless: true });
  const error = await failureOf(
    channelTo(server.port, { timeoutMs: 150 }).send(toAlice, patience()),
    secrets,
  );
  assertFailure(error, 'timeout');
  assert.match(server.lines[0] ?? '', /^EHLO /);
  await server.idle();
});

test('a caller that gives up ends the sending', async () => {
  await using server = await startMailServer({ isSilent: true });
  const controller = new AbortController();
  const sending = channelTo(server.port).send(toAlice, controller.signal);
  controller.abort();
  assertFailure(await failureOf(sending, secrets), 'aborted');
  await server.idle();
});

test('a mail server nobody listens on is unreachable', async () => {
  const server = await startMailServer();
  await server[Symbol.asyncDispose]();
  const error = await failureOf(channelTo(server.port, { login }).send(toAlice, patience()), secrets);
  assert.equal(error.failure, 'unreachable');
});

test('a password is only sent over TLS, except to this machine', () => {
  const server = { host: 'mail.example.com', port: 587, isSecure: false, requiresTls: true };
  assert.deepEqual(parseSmtpUrl('smtp://u:p%40@mail.example.com'), {
    ...server,
    auth: { user: 'u', pass: 'p@' },
  });
  assert.deepEqual(parseSmtpUrl('smtp://mail.example.com'), {
    ...server,
    requiresTls: false,
    auth: undefined,
  });
  assert.equal(parseSmtpUrl('smtp://u:p@127.0.0.1:25').requiresTls, false);
  assert.equal(parseSmtpUrl('smtp://u:p@127.0.0.1.example.com').requiresTls, true);
  const secure = parseSmtpUrl('smtps://mail.example.com/');
  assert.deepEqual(secure, { ...server, port: 465, isSecure: true, requiresTls: false, auth: undefined });
});

test('a server that offers no TLS never sees the password', {
  skip: hasIpv6() ? false : 'needs IPv6',
}, async () => {
  await using server = await startMailServer();
  // This notation of 127.0.0.1 is not taken for this machine, so the rule for others holds.
  const url = `smtp://${login}[::ffff:127.0.0.1]:${server.port}`;
  const channel = createEmail({ provider: 'smtp', url, from: 'no-reply@example.com' });
  assertFailure(await failureOf(channel.send(toAlice, patience()), secrets), 'refused', 'SMTP 502');
  await server.idle();
  assert.match(server.lines[0] ?? '', /^EHLO /);
  assert.deepEqual(
    server.lines.filter((line) => /^(AUTH|MAIL|DATA)/.test(line)),
    [],
  );
});

test('an address that cannot be used is refused without repeating it', () => {
  const refused = [
    'hunter2',
    'https://hunter2/',
    'smtp://',
    'smtp://u:hunter2@host/path',
    'smtp://u:hunter2%@host',
  ];
  for (const text of [...refused, 'smtp://u:hunter2@host?tls.rejectUnauthorized=false']) {
    assert.throws(
      () => parseSmtpUrl(text),
      (error) =>
        error instanceof Error && /mail server/.test(error.message) && !error.message.includes('hunter2'),
    );
  }
});

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.family === 'IPv6'));
}
