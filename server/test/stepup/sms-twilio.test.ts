import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelOptions } from '../../src/stepup/channel.ts';
import { createSmsTwilio, type SmsTwilioSettings } from '../../src/stepup/sms-twilio.ts';
import { assertFailure, exampleMessage, failureOf, patience } from './example-message.ts';
import { answerWith, neverAnswer, startProvider } from './provider-stand-in.ts';

const accountSid = 'AC-example';
const authToken = 'example-auth-token';
const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
const secrets = [authToken, basic, exampleMessage().code, '13812340000'];
const accepted = answerWith(201, '{"sid":"SM1","status":"queued","error_code":null}');

function channelTo(
  baseUrl: string,
  sender: SmsTwilioSettings['sender'] = { from: '+15005550006' },
  options: ChannelOptions = {},
) {
  return createSmsTwilio(
    { provider: 'twilio', accountSid, authToken, sender, baseUrl, allowLocal: true },
    options,
  );
}

test('a message is posted to the account with basic authentication', async () => {
  await using provider = await startProvider(accepted);
  await channelTo(provider.url).send(exampleMessage({ to: '0086 138 1234 0000' }), patience());
  const request = provider.requests[0];
  assert.ok(request);
  assert.equal(request.method, 'POST');
  assert.equal(request.path, '/2010-04-01/Accounts/AC-example/Messages.json');
  assert.equal(request.headers.authorization, `Basic ${basic}`);
  assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
    To: '+8613812340000',
    From: '+15005550006',
    Body: '[OpenCOTA] 428913 is your code to push version 7 of product a1BcDeFgHiJ. It is valid for 5 minutes. If this was not you, please ignore it.',
  });
});

test('a messaging service takes the place of the sending number', async () => {
  await using provider = await startProvider(accepted);
  const channel = channelTo(provider.url, { messagingServiceSid: 'MG-example' });
  await channel.send(exampleMessage({ language: 'zh', purpose: '推送产品 a1B 的第 7 版' }), patience());
  assert.deepEqual(Object.fromEntries(new URLSearchParams(provider.requests[0]?.body)), {
    To: '+8613812340000',
    MessagingServiceSid: 'MG-example',
    Body: '【OpenCOTA】验证码 428913，用于推送产品 a1B 的第 7 版，5 分钟内有效。如非本人操作请忽略。',
  });
});

test('a number without a country code is not sent', async () => {
  await using provider = await startProvider(accepted);
  for (const to of ['13812340000', 'alice@example.com', '+86 138 1234 0000, +86 138 1234 0001']) {
    const error = await failureOf(channelTo(provider.url).send(exampleMessage({ to }), patience()), secrets);
    assertFailure(error, 'recipient');
  }
  assert.equal(provider.requests.length, 0);
});

test('a refusal is reported with the number of the error and without its words', async () => {
  const words = `The 'To' number +8613812340000 is not valid, ${authToken}`;
  const cases = [
    [400, JSON.stringify({ code: 21211, message: words, status: 400 }), '21211'],
    [401, JSON.stringify({ code: 20003, message: words }), '20003'],
    [400, JSON.stringify({ code: 428913, message: words }), 'HTTP 400'],
    [400, JSON.stringify({ code: words }), 'HTTP 400'],
    [503, words, 'HTTP 503'],
  ] as const;
  for (const [status, body, providerCode] of cases) {
    await using provider = await startProvider(answerWith(status, body));
    const error = await failureOf(channelTo(provider.url).send(exampleMessage(), patience()), secrets);
    assertFailure(error, 'refused', providerCode);
  }
});

test('a service that never answers runs into the time limit, and a redirect is refused', async () => {
  await using silent = await startProvider(neverAnswer);
  const slow = channelTo(silent.url, undefined, { timeoutMs: 60 });
  assertFailure(await failureOf(slow.send(exampleMessage(), patience()), secrets), 'timeout');
  await using redirecting = await startProvider(answerWith(307, '', { location: silent.url }));
  const moved = channelTo(redirecting.url);
  assertFailure(await failureOf(moved.send(exampleMessage(), patience()), secrets), 'refused', 'HTTP 307');
  assert.equal(silent.requests.length, 1);
});
