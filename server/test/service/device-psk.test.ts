/** Keys for TLS handshakes: what OpenSSL is given when a device is known, unknown, or cannot be looked up. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTlsKeys, OLD_SECRET_TURNS_MAX } from '../../src/service/device-psk.ts';
import { devicePurpose } from '../../src/service/parts.ts';
import { openSqliteCredentialLookup } from '../../src/sql/credential-lookup.ts';
import { createProduct } from '../conformance/store-bench.ts';
import { openBench } from './service-bench.ts';

const identityOf = (deviceName: string) => `devicename|hmacsha256|a1Lamp&${deviceName}|2524608000000`;

test("a device's key is the upper-case hex text of its HMAC, and what was committed is read at once", async (t) => {
  const bench = openBench(t);
  const { id } = await createProduct(bench.store, 'a1Lamp');
  using lookup = openSqliteCredentialLookup(join(bench.dir, 'store.db'));
  const keyOf = createTlsKeys(bench, lookup);
  const secretSealed = bench.sealer.seal(devicePurpose('a1Lamp', 'lamp-1'), 'secret');
  await bench.store.write((tx) => tx.devices.create(id, { deviceName: 'lamp-1', secretSealed, tags: [] }, 0));
  const expected = createHmac('sha256', 'secret').update('ida1Lamp&lamp-1timestamp2524608000000');
  assert.equal(String(keyOf(identityOf('lamp-1'), '')), expected.digest('hex').toUpperCase());
});

test('an unknown device gets a key that is another each time, and so does everyone while the store fails', (t) => {
  const bench = openBench(t);
  let failure: Error | undefined;
  const keyOf = createTlsKeys(bench, {
    findCredentials() {
      if (failure !== undefined) throw failure;
      return undefined;
    },
  });
  const keys = [keyOf(identityOf('lamp-1'), ''), keyOf(identityOf('lamp-1'), '')];
  failure = new Error('disk I/O error');
  keys.push(keyOf(identityOf('lamp-1'), ''));
  assert.equal(new Set(keys.map((key) => Buffer.from(key!).toString('hex'))).size, 3);
});

test('while two secrets are good they take turns, for so many devices; beyond them all begin with the new one', (t) => {
  const bench = openBench(t);
  const purpose = devicePurpose('a1Lamp', 'lamp-1');
  const [secretSealed, previousSecretSealed] = ['new', 'old'].map((secret) =>
    bench.sealer.seal(purpose, secret),
  );
  let deviceId = 0;
  const keyOf = createTlsKeys(bench, {
    findCredentials: () => ({
      deviceId,
      productId: 1,
      isEnabled: true,
      secretSealed: secretSealed!,
      previousSecretSealed: previousSecretSealed!,
      previousUntil: bench.clock.now().wallMs + 1,
    }),
  });
  const keyFor = (id: number) => {
    deviceId = id;
    return String(keyOf(identityOf('lamp-1'), ''));
  };
  const fresh = keyFor(0);
  assert.notEqual(keyFor(0), fresh);
  assert.equal(keyFor(0), fresh);
  for (let id = 1; id < OLD_SECRET_TURNS_MAX; id += 1) keyFor(id);
  assert.notEqual(keyFor(0), fresh, 'as many as are remembered');
  keyFor(0);
  keyFor(OLD_SECRET_TURNS_MAX);
  assert.equal(keyFor(0), fresh, 'one more, and the turns were forgotten');
});

test('what is no identity of a Link SDK has no key', (t) => {
  const keyOf = createTlsKeys(openBench(t), { findCredentials: () => assert.fail('it was looked up') });
  for (const identity of [
    '',
    'lamp-1',
    'devicename|hmacsha1|a1Lamp&lamp-1|1',
    'devicename|hmacsha256|a1Lamp&lamp-1|',
    'devicename|hmacsha256|a1Lamp&lamp/1|1',
    'devicename|hmacsha256|lamp-1&a1-Lamp|1',
    `${identityOf('lamp-1')}|more`,
  ]) {
    assert.equal(keyOf(identity, ''), undefined, identity);
  }
});
