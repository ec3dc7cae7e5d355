/** Registration against the operator who closes it at the same moment. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { registerSignContent } from '@opencota/contract/alink/credentials';
import { createDeviceRegistration } from '../../src/service/device-registration.ts';
import { productPurpose } from '../../src/service/parts.ts';
import { createSessionDirectory } from '../../src/service/session-directory.ts';
import { SETTINGS } from '../conformance/store-bench.ts';
import { changeSettings, openBench } from './service-bench.ts';

const HOME = '192.0.2.1';

async function openRegistration(t: TestContext) {
  const bench = openBench(t);
  const seal = (secret: string) => bench.sealer.seal(productPurpose('b1Lamp'), secret);
  const settings = { ...SETTINGS, isRegistrationAllowed: true, isUnknownDeviceAllowed: true };
  const product = await bench.store.write((tx) =>
    tx.products.create({
      productKey: 'b1Lamp',
      secretSealed: seal('product-secret'),
      settings,
      createdAt: 1,
    }),
  );
  const sessions = createSessionDirectory();
  const { register } = createDeviceRegistration({ ...bench, sessions });
  return {
    ...bench,
    product,
    seal,
    sessions,
    async register(deviceName: string) {
      const content = registerSignContent(deviceName, 'b1Lamp', '1');
      const password = createHmac('sha256', 'product-secret').update(content).digest('hex');
      const names = { productKey: 'b1Lamp', deviceName, clientId: deviceName };
      const parameters = new Map([['random', '1']]);
      const claim = {
        ...names,
        parameters,
        password,
        authType: 'register',
        signMethod: 'hmacsha256',
      } as const;
      return (await register(claim, HOME)).kind;
    },
  };
}

const CHANGES: Record<string, (bench: Awaited<ReturnType<typeof openRegistration>>) => Promise<unknown>> = {
  'registration is closed': (bench) =>
    changeSettings(bench, bench.product.id, { isRegistrationAllowed: false }),
  'unknown devices are not taken any more': (bench) =>
    changeSettings(bench, bench.product.id, { isUnknownDeviceAllowed: false }),
  'the secret of the product is another': ({ store, product, seal }) =>
    store.write((tx) => tx.products.setSecret(product.id, seal('another'))),
};

for (const [what, change] of Object.entries(CHANGES))
  test(`a registration whose turn comes when ${what} is refused`, async (t) => {
    const bench = await openRegistration(t);
    assert.equal(await bench.register('lamp-1'), 'ok');
    // Held up, so that the registration is judged before the change is done and written after it.
    const held = Promise.withResolvers<void>();
    const before = bench.store.write(() => held.promise);
    const changing = change(bench);
    const registering = bench.register('lamp-2');
    held.resolve();
    await Promise.all([before, changing]);
    assert.equal(await registering, 'refused');
    assert.equal(await bench.store.read((tx) => tx.devices.find(bench.product.id, 'lamp-2')), undefined);
  });

test('a device that has just connected keeps its secret, also before its connection is stored', async (t) => {
  const { register, sessions, store, product } = await openRegistration(t);
  assert.equal(await register('lamp-1'), 'ok');
  assert.equal(await register('lamp-1'), 'ok', 'it has not connected yet');
  const { id } = (await store.read((tx) => tx.devices.find(product.id, 'lamp-1')))!;
  const names = { productId: product.id, productKey: 'b1Lamp', deviceName: 'lamp-1' };
  sessions.opened({ ...names, id, hasExtension: false, takesInline: false });
  assert.equal(await register('lamp-1'), 'refused');
});
