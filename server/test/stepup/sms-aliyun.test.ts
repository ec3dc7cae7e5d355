import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { ChannelOptions } from '../../src/stepup/channel.ts';
import { createSmsAliyun, signRpcRequest } from '../../src/stepup/sms-aliyun.ts';
import { assertFailure, exampleMessage, failureOf, patience } from './example-message.ts';
import { answerWith, neverAnswer, startProvider } from './provider-stand-in.ts';

const accessKeyId = 'example-key-id';
const accessKeySecret = 'example-key-secret';
const secrets = [accessKeyId, accessKeySecret, exampleMessage().code, '13812340000'];
const accepted = answerWith(200, '{"Code":"OK","Message":"OK","BizId":"1^0","RequestId":"R"}');

function channelTo(endpoint: string, options: ChannelOptions = {}) {
  const names = { signName: '测试 (a*b)', templateCode: 'SMS_71390007' };
  return createSmsAliyun(
    { provider: 'aliyun', accessKeyId, accessKeySecret, ...names, endpoint, allowLocal: true },
    { now: () => Date.UTC(2026, 4, 6, 7, 8, 9, 321), ...options },
  );
}

test('the signature agrees with the example in the documentation of the SMS service', () => {
  const parameters = {
    AccessKeyId: 'testId',
    Action: 'SendSms',
    Format: 'XML',
    OutId: '123',
    PhoneNumbers: '15300000001',
    RegionId: 'cn-hangzhou',
    SignName: '阿里云短信测试专用',
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: '45e25e9b-0a6f-4070-8c85-2956eda1b466',
    SignatureVersion: '1.0',
    TemplateCode: 'SMS_71390007',
    TemplateParam: '{"customer":"test"}',
    Timestamp: '2017-07-12T02:42:19Z',
    Version: '2017-05-25',
  };
  assert.equal(signRpcRequest('GET', parameters, 'testSecret'), 'zJDF+Lrzhj/ThnlvIToysFRq6t4=');
});

test('the signature agrees with the example in the documentation of the RPC style', () => {
  const parameters = {
    Format: 'XML',
    AccessKeyId: 'testid',
    Action: 'DescribeRegions',
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
    SignatureVersion: '1.0',
    Version: '2014-05-26',
    Timestamp: '2016-02-23T12:46:24Z',
  };
  assert.equal(signRpcRequest('GET', parameters, 'testsecret'), 'OLeaidS1JvxuMvnyHOwuJ+uX5qY=');
});

test('the service receives a form with every parameter of SendSms and nothing in the address', async () => {
  await using provider = await startProvider(accepted);
  await channelTo(provider.url).send(exampleMessage(), patience());
  const request = provider.requests[0];
  assert.ok(request);
  assert.equal(request.method, 'POST');
  assert.equal(request.path, '/');
  assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
  const { Signature, SignatureNonce, ...form } = Object.fromEntries(new URLSearchParams(request.body));
  assert.ok(Signature);
  assert.match(SignatureNonce ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(form, {
    AccessKeyId: accessKeyId,
    Action: 'SendSms',
    Format: 'JSON',
    PhoneNumbers: '8613812340000',
    SignName: '测试 (a*b)',
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    TemplateCode: 'SMS_71390007',
    TemplateParam: '{"code":"428913"}',
    Timestamp: '2026-05-06T07:08:09Z',
    Version: '2017-05-25',
  });
});

test('the signature that is sent covers the whole form, special characters included', async () => {
  await using provider = await startProvider(accepted);
  await channelTo(provider.url).send(exampleMessage(), patience());
  const form = new URLSearchParams(provider.requests[0]?.body);
  const signature = form.get('Signature');
  form.delete('Signature');
  form.sort();
  // The rules as documented, from the other side: form encoding with three replacements.
  const encode = (text: string) => {
    const encoded = new URLSearchParams({ v: text }).toString().slice(2);
    return encoded.replaceAll('+', '%20').replaceAll('*', '%2A').replaceAll('%7E', '~');
  };
  const query = [...form].map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  const expected = createHmac('sha1', `${accessKeySecret}&`)
    .update(`POST&%2F&${encode(query)}`)
    .digest('base64');
  assert.equal(signature, expected);
});

test('each request has a nonce of its own', async () => {
  await using provider = await startProvider(accepted);
  const channel = channelTo(provider.url);
  for (let index = 0; index < 3; index += 1) await channel.send(exampleMessage(), patience());
  const nonces = provider.requests.map((request) => new URLSearchParams(request.body).get('SignatureNonce'));
  assert.equal(new Set(nonces).size, 3);
});

test('numbers are brought to the form of the service, and anything that is not one number is not sent', async () => {
  await using provider = await startProvider(accepted);
  const channel = channelTo(provider.url);
  for (const to of ['138 1234 0000', '+86 138-1234-0000', '0085 2 5123 4567', '+1 (415) 555-0100']) {
    await channel.send(exampleMessage({ to }), patience());
  }
  const sent = provider.requests.map((request) => new URLSearchParams(request.body).get('PhoneNumbers'));
  assert.deepEqual(sent, ['13812340000', '8613812340000', '85251234567', '14155550100']);
  for (const to of ['13812340000,13812340001', 'alice', '', '1381234000x', '+861381234000012345']) {
    assertFailure(await failureOf(channel.send(exampleMessage({ to }), patience()), secrets), 'recipient');
  }
  assert.equal(provider.requests.length, 4);
});

test('a refusal is reported with the code of the service, whatever the HTTP status', async () => {
  const limit = '{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"too many to 13812340000"}';
  const key = '{"Code":"InvalidAccessKeyId.NotFound","Message":"example-key-id","Recommend":"x"}';
  const cases = [
    [200, limit, 'isv.BUSINESS_LIMIT_CONTROL'],
    [404, key, 'InvalidAccessKeyId.NotFound'],
    [200, '{"Code":"428913"}', 'HTTP 200'],
    [200, '{"Message":"OK"}', 'HTTP 200'],
    [502, '<html>13812340000</html>', 'HTTP 502'],
    [200, 'null', 'HTTP 200'],
    [200, '', 'HTTP 200'],
  ] as const;
  for (const [status, body, providerCode] of cases) {
    await using provider = await startProvider(answerWith(status, body));
    const error = await failureOf(channelTo(provider.url).send(exampleMessage(), patience()), secrets);
    assertFailure(error, 'refused', providerCode);
  }
});

test('a service that never answers runs into the time limit, and a redirect is refused', async () => {
  await using silent = await startProvider(neverAnswer);
  const slow = channelTo(silent.url, { timeoutMs: 60 });
  assertFailure(await failureOf(slow.send(exampleMessage(), patience()), secrets), 'timeout');
  await using redirecting = await startProvider(answerWith(302, '{"Code":"OK"}', { location: silent.url }));
  const moved = channelTo(redirecting.url);
  assertFailure(await failureOf(moved.send(exampleMessage(), patience()), secrets), 'refused', 'HTTP 302');
  assert.equal(silent.requests.length, 1);
});
