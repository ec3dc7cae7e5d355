import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { checkTotp, createTotpSecret, totpUri } from '../../src/stepup/totp.ts';

/** The secret of RFC 6238, appendix B: "12345678901234567890" in Base32. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** RFC 6238, appendix B, SHA-1: the last six of the eight digits. */
const vectors = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
] as const;

function check(code: string, seconds: number, afterTimeStep?: number) {
  return checkTotp({ secret, code, afterTimeStep, nowMs: seconds * 1000 });
}

test('the codes of RFC 6238 are accepted and name their time step', () => {
  for (const [seconds, digits] of vectors) {
    const code = digits.slice(-6);
    assert.deepEqual(check(code, seconds), { ok: true, timeStep: Math.floor(seconds / 30) });
  }
});

test('a code is accepted one step early and one step late, and no further', () => {
  // The code of step 1, which lasts from second 30 to second 59.
  const code = '287082';
  for (const seconds of [0, 29, 30, 59, 60, 89])
    assert.deepEqual(check(code, seconds), { ok: true, timeStep: 1 });
  assert.deepEqual(check(code, 90), { ok: false });
  assert.deepEqual(check('081804', 1111111109 - 60), { ok: false });
  assert.deepEqual(check('081804', 1111111109 - 30), { ok: true, timeStep: 37037036 });
});

test('a code that was used is refused, and so is every earlier one', () => {
  const first = check('050471', 1111111111);
  assert.ok(first.ok);
  assert.deepEqual(check('050471', 1111111111, first.timeStep), { ok: false });
  assert.deepEqual(check('050471', 1111111111 + 29, first.timeStep), { ok: false });
  assert.deepEqual(check('081804', 1111111111, first.timeStep), { ok: false });
  assert.deepEqual(check('081804', 1111111111, first.timeStep - 2), {
    ok: true,
    timeStep: first.timeStep - 1,
  });
});

test('a clock that was set back refuses and does not fail', () => {
  assert.deepEqual(check('287082', 59, 37037037), { ok: false });
  assert.deepEqual(check('287082', 59, 2), { ok: false });
});

test('a code typed in two groups is understood, and anything that is not six digits is refused', () => {
  assert.deepEqual(check('287 082', 59), { ok: true, timeStep: 1 });
  const wrong = [
    '',
    '28708',
    '2870820',
    '94287082',
    '28708a',
    '２８７０８２',
    '287  082',
    ' 287082',
    '-87082',
    '287082\n',
  ];
  for (const code of wrong) assert.deepEqual(check(code, 59), { ok: false }, JSON.stringify(code));
});

test('a new secret has 160 bits, is different each time and works', () => {
  const secrets = Array.from({ length: 20 }, createTotpSecret);
  assert.equal(new Set(secrets).size, 20);
  for (const created of secrets) {
    assert.match(created, /^[A-Z2-7]{32}$/);
    const result = checkTotp({
      secret: created,
      code: codeOf(created, 41),
      afterTimeStep: undefined,
      nowMs: 41 * 30_000,
    });
    assert.deepEqual(result, { ok: true, timeStep: 41 });
  }
});

test('an unusable secret throws without repeating it', () => {
  assert.throws(
    () => checkTotp({ secret: 'not-a-secret!', code: '287082', afterTimeStep: undefined, nowMs: 59_000 }),
    (error) => error instanceof Error && !error.message.includes('not-a-secret'),
  );
});

test('the address for authenticator apps names issuer, account and secret', () => {
  const url = new URL(totpUri({ secret, account: 'alice@example.com', issuer: 'OpenCOTA 测试' }));
  assert.equal(url.protocol, 'otpauth:');
  assert.equal(url.host, 'totp');
  assert.equal(decodeURIComponent(url.pathname), '/OpenCOTA 测试:alice@example.com');
  assert.equal(url.searchParams.get('secret'), secret);
  assert.equal(url.searchParams.get('issuer'), 'OpenCOTA 测试');
});

/** RFC 4226, section 5.3, written out. */
function codeOf(base32: string, step: number): string {
  const bits = [...base32].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
