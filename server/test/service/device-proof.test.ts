/** How a device proves who it is, and what a stranger learns from trying: nothing, and always the same. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { DeviceClaim } from '@opencota/contract/alink/credentials';
import { createDeviceSignIn } from '../../src/service/device-sign-in.ts';
import { devicePurpose } from '../../src/service/parts.ts';
import { changeSettings, createLamps, openBench } from './service-bench.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const OTHER_SECRET = 'fedcba9876543210fedcba9876543210';
const PRODUCT_KEY = 'a1Lamp';
const TIME = '2524608000000';

async function openSignIn(t: TestContext) {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench, ['lamp-1', 'lamp-2']);
  await bench.store.write(async (tx) => {
    for (const [index, secret] of [SECRET, OTHER_SECRET].entries()) {
      const { id, deviceName } = devices[index]!;
      await tx.devices.setSecret(id, bench.sealer.seal(devicePurpose(PRODUCT_KEY, deviceName), secret), null);
    }
  });
  const { signIn } = createDeviceSignIn(bench);
  // Read once, so that every try below finds the product in memory.
  await bench.products.get(product.id);
  return {
    ...bench,
    product,
    device: devices[0]!,
    /** The answer, and how often the store was asked for it. */
    async attempt(claim: DeviceClaim): Promise<{ kind: string; reads: number }> {
      const before = bench.store.readCount();
      const { kind } = await signIn(claim, '192.0.2.1');
      return { kind, reads: bench.store.readCount() - before };
    },
  };
}

type Algorithm = 'md5' | 'sha1' | 'sha256';
const sign = (secret: string, deviceName = 'lamp-1', algorithm: Algorithm = 'sha256', clientId = 'id') =>
  createHmac(algorithm, secret)
    .update(`clientId${clientId}deviceName${deviceName}productKey${PRODUCT_KEY}timestamp${TIME}`)
    .digest('hex');

function claimOf(password: string, more: Partial<DeviceClaim> = {}): DeviceClaim {
  const names = { productKey: PRODUCT_KEY, deviceName: 'lamp-1', clientId: 'id' };
  const parameters = new Map([['timestamp', TIME]]);
  return { ...names, parameters, authType: 'connect', signMethod: 'hmacsha256', password, ...more };
}

test('only the right signature of the device itself lets it in', async (t) => {
  const { attempt } = await openSignIn(t);
  const right = sign(SECRET);
  assert.equal((await attempt(claimOf(right))).kind, 'ok');
  assert.equal((await attempt(claimOf(right.toUpperCase()))).kind, 'ok');
  const wrong: [what: string, claim: DeviceClaim][] = [
    ['empty', claimOf('')],
    ['cut short', claimOf(right.slice(0, -1))],
    ['longer', claimOf(`${right}0`)],
    ['of another secret', claimOf(sign(OTHER_SECRET))],
    ["another device's own", claimOf(sign(OTHER_SECRET, 'lamp-2'))],
    ["this device's, in another name", claimOf(right, { deviceName: 'lamp-2' })],
    ['of another client id', claimOf(right, { clientId: 'other' })],
    ['of another time', claimOf(right, { parameters: new Map([['timestamp', '1']]) })],
    ['without its time', claimOf(right, { parameters: new Map() })],
    ['of another method', claimOf(right, { signMethod: 'hmacsha1' })],
    ['the secret itself', claimOf(SECRET)],
    ['not hexadecimal', claimOf('é'.repeat(64))],
    ['megabytes long', claimOf('0'.repeat(1_000_000))],
  ];
  for (const [what, claim] of wrong) assert.equal((await attempt(claim)).kind, 'refused', what);
});

test('a stranger cannot tell an unknown device from a wrong signature, neither by the answer nor by the work', async (t) => {
  const { attempt } = await openSignIn(t);
  const known = await attempt(claimOf(sign(OTHER_SECRET)));
  assert.deepEqual(await attempt(claimOf(sign(OTHER_SECRET), { deviceName: 'nobody' })), known);
  assert.deepEqual(await attempt(claimOf(sign(OTHER_SECRET), { productKey: 'a1None' })), known);
  const token = { authType: 'connwl' } as const;
  const knownToken = await attempt(claimOf('0'.repeat(48), token));
  assert.deepEqual(await attempt(claimOf('0'.repeat(48), { ...token, deviceName: 'nobody' })), knownToken);
  assert.deepEqual([known.kind, knownToken.kind], ['refused', 'refused']);
});

test('weak methods are taken where a fleet needs them, and refused where the product says so', async (t) => {
  const bench = await openSignIn(t);
  const ask = async (algorithm: Algorithm) => {
    const claim = claimOf(sign(SECRET, 'lamp-1', algorithm), { signMethod: `hmac${algorithm}` });
    return (await bench.attempt(claim)).kind;
  };
  assert.deepEqual([await ask('md5'), await ask('sha1'), await ask('sha256')], ['ok', 'ok', 'ok']);
  await changeSettings(bench, bench.product.id, { isStrongSignRequired: true });
  await bench.products.refresh(bench.product.id);
  assert.deepEqual([await ask('md5'), await ask('sha1'), await ask('sha256')], ['refused', 'refused', 'ok']);
});
