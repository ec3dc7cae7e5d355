/** What the device says is what the server's own reading of the protocol understands, and back. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { DEVICE_REPLY_CODE as CONTRACT_CODES } from '@opencota/contract/alink/codes';
import { connectSignContent, parseDeviceClaim } from '@opencota/contract/alink/credentials';
import {
  encodeConfigGetRefusal,
  encodeConfigGetReply,
  encodeConfigPush,
  encodeContent,
  parseConfigGet,
  parseConfigPushReply,
} from '@opencota/contract/alink/messages';
import { deviceTopic, downlinkTopic } from '@opencota/contract/alink/topics';
import packageJson from '../package.json' with { type: 'json' };
import { readInline } from '../src/inline.ts';
import {
  configTopics,
  connectWords,
  DEVICE_REPLY_CODE,
  encodeGet,
  encodePushReply,
  parseGetReply,
  parsePush,
  SDK_VERSION,
} from '../src/protocol.ts';

const SIGN = 'ab'.repeat(32);
const FILE = { configId: 'c1', configSize: 79, sign: SIGN, url: 'http://example.test/d/1', configVersion: 4 };
const READ = { configId: 'c1', sizeBytes: 79, sha256: SIGN, url: 'http://example.test/d/1', version: 4 };

test('the version it announces is the version of the package', () => {
  assert.equal(SDK_VERSION, packageJson.version);
});

test('has exactly one runtime dependency', () => {
  assert.deepEqual(Object.keys(packageJson.dependencies), ['mqtt']);
});

test('the reply codes are those of the contract', () => {
  assert.deepEqual({ parameterError: 460, ...CONTRACT_CODES }, DEVICE_REPLY_CODE);
});

test('the server reads its CONNECT', () => {
  const words = connectWords({ productKey: 'pk1', deviceName: 'lamp:01', isTls: true, timestampMs: 1234 });
  const claim = parseDeviceClaim(words.clientId, words.username, 'ff');
  assert.ok(!('refusal' in claim));
  assert.deepEqual([claim.productKey, claim.deviceName, claim.signMethod], ['pk1', 'lamp:01', 'hmacsha256']);
  assert.equal(claim.parameters.get('_oc'), '1');
  assert.equal(claim.parameters.get('_oci'), '1');
  assert.equal(claim.parameters.get('securemode'), '2');
  assert.equal(
    connectSignContent({ ...claim, timestamp: claim.parameters.get('timestamp') }),
    words.signContent,
  );
});

test('the topics are those of the contract', () => {
  assert.deepEqual(configTopics('pk', 'dn'), {
    get: deviceTopic.configGet('pk', 'dn'),
    getReply: downlinkTopic.configGetReply('pk', 'dn'),
    push: downlinkTopic.configPush('pk', 'dn'),
    pushReply: deviceTopic.configPushReply('pk', 'dn'),
  });
});

test('the server reads its get', () => {
  assert.deepEqual(parseConfigGet(encodeGet('3', 7)), {
    id: '3',
    isReplyWanted: true,
    isSupported: true,
    configVersion: 7,
  });
});

test('the server reads its push_reply, whose message is cut to what the server keeps', () => {
  const reply = { id: '3', code: 100010, message: 'x'.repeat(600), runningVersion: 7, sha256: SIGN } as const;
  const read = parseConfigPushReply(encodePushReply(reply));
  assert.ok(read.kind === 'reply');
  assert.deepEqual([read.id, read.code, read.message, read.configVersion], ['3', 100010, 'x'.repeat(500), 7]);
});

test('reads what the server writes', () => {
  assert.deepEqual(parsePush(encodeConfigPush(5, FILE)), { kind: 'offer', id: '5', file: READ });
  assert.deepEqual(parseGetReply(encodeConfigGetReply('9', FILE)), { kind: 'offer', id: '9', file: READ });
  assert.deepEqual(parseGetReply(encodeConfigGetRefusal('9', 429, 'slow', 30)), {
    kind: 'refusal',
    id: '9',
    code: 429,
    message: 'slow',
    retryAfterSeconds: 30,
  });
});

const ODD_CONTENTS = {
  'big integers, 1.0 and exponents': '{"n":9007199254740993,"m":1.0,"e":1e400,"z":-0}',
  'blanks of every kind': '{\r\n\t"a" :\r [ ] }\n\n',
  'escapes that stay escapes': '{"a":"\\u00e9\\/\\\\\\"\\ud83d\\ude00\\ud83d"}',
  'characters of one to four bytes': '{"é":"€😀\u2028\u2029\u007f\uffff\ufeff"}',
  'a byte order mark': '\ufeff{}',
  'what looks like the message around it': '{"url":"x","params":{"content":"\\"}}"}}',
  'nothing but escapes': `"${'\\\\'.repeat(4_000)}"`,
};

for (const [what, text] of Object.entries(ODD_CONTENTS)) {
  test(`every byte of a content comes through a message: ${what}`, () => {
    const bytes = Buffer.from(text);
    const file = { ...FILE, configSize: bytes.length, sign: hash('sha256', bytes) };
    const content = encodeContent(bytes);
    assert.ok(content.length <= 2 * bytes.length + 2, 'escaping at most doubles it');
    const pushed = encodeConfigPush(5, { ...file, content });
    assert.ok(pushed.endsWith(`,"content":${content}},"method":"thing.config.push"}`), 'it comes last');
    for (const read of [parsePush(pushed), parseGetReply(encodeConfigGetReply('9', { ...file, content }))]) {
      assert.ok(read.kind === 'offer');
      const inline = readInline(read.file);
      assert.ok(inline.kind === 'good');
      assert.deepEqual(Buffer.from(inline.bytes), bytes);
    }
  });
}

test('bytes that are not UTF-8 are no content for a message', () => {
  assert.throws(() => encodeContent(Uint8Array.from([0x22, 0xff, 0x22])), TypeError);
});

test('reads the forms other servers use', () => {
  const params = {
    configId: 'c1',
    configSize: '79',
    sign: SIGN.toUpperCase(),
    signMethod: 'SHA256',
    url: READ.url,
  };
  const text = JSON.stringify({ params, id: 12 }, null, 2);
  assert.deepEqual(parsePush(text), { kind: 'offer', id: '12', file: { ...READ, version: undefined } });
});

for (const [why, change] of [
  ['no configId', { configId: undefined }],
  ['no configSize', { configSize: -1 }],
  ['no configSize', { configSize: 1.5 }],
  ['sign is not 64 hex digits', { sign: SIGN.slice(1) }],
  ['signMethod is not Sha256', { signMethod: 'Md5' }],
  ['no usable url', { url: '' }],
  ['getType is not file', { getType: 'content' }],
  ['configVersion is not a whole number', { configVersion: 'new' }],
] as const) {
  test(`does not act on a push with ${JSON.stringify(change)}`, () => {
    const text = JSON.stringify({ id: '1', params: { ...FILE, ...change } });
    assert.deepEqual(parsePush(text), { kind: 'unreadable', id: '1', reason: why });
  });
}
