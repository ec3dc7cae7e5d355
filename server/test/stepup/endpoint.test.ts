import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardedLookup, isLocalAddress, parseEndpoint } from '../../src/stepup/endpoint.ts';
import { post } from '../../src/stepup/post.ts';
import { assertFailure, failureOf, patience } from './example-message.ts';
import { answerWith, startProvider } from './provider-stand-in.ts';

const guarded = { name: 'address', allowLocal: false };

test('loopback, link-local and metadata addresses count as local in every notation', () => {
  const local = [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '::1',
    '::',
    'fe80::1',
  ];
  for (const address of [...local, 'fd00:ec2::254', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe']) {
    assert.equal(isLocalAddress(address), true, address);
  }
  for (const address of ['10.0.0.1', '192.168.1.2', '203.0.113.9', '2001:db8::1', 'example.com']) {
    assert.equal(isLocalAddress(address), false, address);
  }
});

test('an endpoint has to be https on another machine unless local ones are allowed', () => {
  assert.equal(parseEndpoint('https://sms.example.com/a?b=c', guarded).href, 'https://sms.example.com/a?b=c');
  const refused = [
    'http://sms.example.com/',
    'https://localhost/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://[::1]/',
  ];
  for (const text of refused) {
    assert.throws(() => parseEndpoint(text, guarded), /local endpoints/, text);
    assert.ok(parseEndpoint(text, { ...guarded, allowLocal: true }));
  }
});

test('an endpoint that cannot be used is refused without repeating it', () => {
  for (const text of ['hunter2', 'ftp://hunter2.example.com/', 'https://user:hunter2@sms.example.com/']) {
    for (const allowLocal of [true, false]) {
      assert.throws(
        () => parseEndpoint(text, { name: 'address', allowLocal }),
        (error) => error instanceof Error && !error.message.includes('hunter2'),
      );
    }
  }
});

test('a name that resolves to a local address is refused by the connection itself', async () => {
  await using provider = await startProvider(answerWith(200));
  const url = new URL(provider.url);
  url.hostname = 'localhost';
  const request = { provider: 'p', url, headers: {}, body: 'hunter2', timeoutMs: 5000, signal: patience() };
  // As a name it passes no check of the URL here, so only the lookup can stop it.
  const sending = post({ ...request, allowLocal: false }).then(() => {});
  assertFailure(await failureOf(sending, ['hunter2']), 'unreachable', 'ELOCALADDRESS');
  assert.equal(provider.requests.length, 0);
  url.hostname = '127.0.0.1';
  assert.equal((await post({ ...request, url, allowLocal: true })).status, 200);
});

test('the guarded lookup passes the error of an unknown name on', async () => {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  guardedLookup('no such name', { all: true }, resolve);
  assert.ok(await promise);
});
