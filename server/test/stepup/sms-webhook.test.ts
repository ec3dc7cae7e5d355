import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { ChannelOptions } from '../../src/stepup/channel.ts';
import { createSmsWebhook, verifyWebhookSignature } from '../../src/stepup/sms-webhook.ts';
import { assertFailure, exampleMessage, failureOf, patience } from './example-message.ts';
import { answerWith, neverAnswer, startProvider } from './provider-stand-in.ts';

const secret = 'a-shared-secret-of-the-webhook';
const secrets = [secret, exampleMessage().code, exampleMessage().to];
const nowMs = Date.UTC(2026, 4, 6, 7, 8, 9, 321);
const timestamp = String(Math.floor(nowMs / 1000));

function channelTo(url: string, options: ChannelOptions = {}) {
  return createSmsWebhook(
    { provider: 'webhook', url, secret, allowLocal: true },
    { now: () => nowMs, ...options },
  );
}

test('the webhook receives the code, the text and the time as JSON', async () => {
  await using provider = await startProvider(answerWith(204));
  const channel = channelTo(`${provider.url}sms?tenant=1`);
  await channel.send(exampleMessage({ purpose: ' push version 7\nof product x ' }), patience());
  const [request, ...others] = provider.requests;
  assert.ok(request);
  assert.equal(others.length, 0);
  assert.equal(request.method, 'POST');
  assert.equal(request.path, '/sms?tenant=1');
  assert.match(request.headers['content-type'] ?? '', /^application\/json/);
  assert.deepEqual(JSON.parse(request.body), {
    to: '+8613812340000',
    code: '428913',
    text: '[OpenCOTA] 428913 is your code to push version 7 of product x. It is valid for 5 minutes. If this was not you, please ignore it.',
    purpose: 'push version 7 of product x',
    expiresInSeconds: 300,
    language: 'en',
    sentAt: '2026-05-06T07:08:09.321Z',
  });
});

test('the signature is the HMAC-SHA256 of time, dot and body, also when the body is not ASCII', async () => {
  await using provider = await startProvider(answerWith(200, 'ok'));
  await channelTo(provider.url).send(exampleMessage({ language: 'zh', purpose: '推送第 7 版' }), patience());
  const request = provider.requests[0];
  assert.ok(request);
  const bytes = Buffer.concat([Buffer.from(`${timestamp}.`), Buffer.from(request.body, 'utf8')]);
  assert.equal(request.headers['opencota-timestamp'], timestamp);
  assert.equal(
    request.headers['opencota-signature'],
    `v1=${createHmac('sha256', Buffer.from(secret)).update(bytes).digest('hex')}`,
  );
});

test('a receiver accepts what was sent and refuses everything that differs or is too old', async () => {
  await using provider = await startProvider(answerWith(200));
  await channelTo(provider.url).send(exampleMessage(), patience());
  const request = provider.requests[0];
  assert.ok(request);
  const header = request.headers['opencota-signature'];
  assert.ok(typeof header === 'string');
  const received = { secret, timestamp, signature: header, body: request.body, nowMs };
  assert.equal(verifyWebhookSignature(received), true);
  assert.equal(verifyWebhookSignature({ ...received, body: Buffer.from(request.body) }), true);
  assert.equal(verifyWebhookSignature({ ...received, nowMs: nowMs + 299_000 }), true);
  assert.equal(verifyWebhookSignature({ ...received, nowMs: nowMs + 301_000 }), false);
  assert.equal(verifyWebhookSignature({ ...received, nowMs: nowMs - 301_000 }), false);
  assert.equal(verifyWebhookSignature({ ...received, body: `${request.body} ` }), false);
  assert.equal(verifyWebhookSignature({ ...received, secret: `${secret}x` }), false);
  assert.equal(verifyWebhookSignature({ ...received, timestamp: String(Number(timestamp) + 1) }), false);
  assert.equal(verifyWebhookSignature({ ...received, timestamp: undefined }), false);
  assert.equal(verifyWebhookSignature({ ...received, timestamp: 'soon' }), false);
  assert.equal(verifyWebhookSignature({ ...received, signature: undefined }), false);
  assert.equal(verifyWebhookSignature({ ...received, signature: '' }), false);
  assert.equal(verifyWebhookSignature({ ...received, signature: header.slice(0, -1) }), false);
});

test('an answer outside 2xx is a refusal that repeats nothing of the answer', async () => {
  await using provider = await startProvider((response, request) =>
    response.writeHead(500).end(request.body),
  );
  const error = await failureOf(channelTo(provider.url).send(exampleMessage(), patience()), secrets);
  assertFailure(error, 'refused', 'HTTP 500');
});

test('a redirect is refused and not followed', async () => {
  await using target = await startProvider(answerWith(200));
  for (const status of [301, 302, 307, 308]) {
    await using provider = await startProvider(answerWith(status, '', { location: target.url }));
    const error = await failureOf(channelTo(provider.url).send(exampleMessage(), patience()), secrets);
    assertFailure(error, 'refused', `HTTP ${status}`);
  }
  assert.equal(target.requests.length, 0);
});

test('a webhook that never answers, or never ends its answer, runs into the time limit', async () => {
  await using silent = await startProvider(neverAnswer);
  await using endless = await startProvider((response) => void response.writeHead(200).write('still '));
  for (const provider of [silent, endless]) {
    const channel = channelTo(provider.url, { timeoutMs: 60 });
    assertFailure(await failureOf(channel.send(exampleMessage(), patience()), secrets), 'timeout');
    assert.equal(provider.requests.length, 1);
  }
});

test('a caller that gives up ends the exchange, before and while it runs', async () => {
  const controller = new AbortController();
  await using provider = await startProvider(() => controller.abort());
  const channel = channelTo(provider.url);
  assertFailure(await failureOf(channel.send(exampleMessage(), controller.signal), secrets), 'aborted');
  assertFailure(await failureOf(channel.send(exampleMessage(), controller.signal), secrets), 'aborted');
  assert.equal(provider.requests.length, 1);
});

test('only the start of a very long answer is read', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  await using provider = await startProvider((response) => {
    response.on('close', resolve);
    response.on('drain', () => response.write(Buffer.alloc(64 * 1024)));
    response.writeHead(200).write(Buffer.alloc(1024 * 1024));
  });
  await channelTo(provider.url).send(exampleMessage(), patience());
  // The endless answer above only ends because the client closes the connection.
  await closed;
});

test('a webhook nobody listens on is unreachable', async () => {
  const provider = await startProvider(answerWith(200));
  await provider[Symbol.asyncDispose]();
  const error = await failureOf(channelTo(provider.url).send(exampleMessage(), patience()), secrets);
  assertFailure(error, 'unreachable', 'ECONNREFUSED');
});

test('a secret that is too short is refused when the channel is made', () => {
  const settings = {
    provider: 'webhook',
    url: 'https://sms.example.com/',
    secret: 'short-secret',
    allowLocal: false,
  } as const;
  assert.throws(() => createSmsWebhook(settings), {
    message: 'The secret of the SMS webhook must have at least 16 characters.',
  });
});
