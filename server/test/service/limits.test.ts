/** Limits of the services that no other test goes to: at the limit and above. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { registerSignContent } from '@opencota/contract/alink/credentials';
import { parseConfigPushReply } from '@opencota/contract/alink/messages';
import type { SignedInDevice } from '../../src/domain/gateway-port.ts';
import type { Store } from '../../src/domain/store-port.ts';
import { createContentCache } from '../../src/service/content-cache.ts';
import { createDeviceCore } from '../../src/service/device-core.ts';
import { createDeviceRegistration } from '../../src/service/device-registration.ts';
import { createTopology } from '../../src/service/device-topology.ts';
import { createInlineContents } from '../../src/service/inline-contents.ts';
import { createLinkService } from '../../src/service/links.ts';
import { productPurpose } from '../../src/service/parts.ts';
import { createProductCache } from '../../src/service/product-cache.ts';
import { createRecorder } from '../../src/service/recorder.ts';
import { createRevokedDevices } from '../../src/service/revoked-devices.ts';
import { createSessionDirectory } from '../../src/service/session-directory.ts';
import { createSignInService } from '../../src/service/sign-in.ts';
import { createSignInThrottle, SIGN_INS_WAITING_MAX } from '../../src/service/sign-in-throttle.ts';
import { createThinning, THINNED_KEYS_MAX } from '../../src/service/thinned-refusals.ts';
import { SETTINGS, saveVersion } from '../conformance/store-bench.ts';
import { numbered } from '../support/test-product.ts';
import { createPerson, GOOD_PASSWORD, HOME, openPeople } from './people-support.ts';
import { createLamps, openBench } from './service-bench.ts';

test('sign-ins of one name from one network wait for each other, up to a limit', async (t) => {
  const throttle = createSignInThrottle(openBench(t));
  const gate = Promise.withResolvers<string>();
  const tries = Array.from({ length: SIGN_INS_WAITING_MAX + 2 }, () =>
    throttle
      .admit({ username: 'olga', remoteAddress: HOME }, () => gate.promise)
      .catch((error: Error & { code: string }) => error.code),
  );
  // One is under way and as many as may wait behind it.
  assert.equal(await tries.at(-1), 'throttled');
  gate.resolve('in');
  assert.deepEqual(new Set(await Promise.all(tries.slice(0, -1))), new Set(['in']));
});

test('refusals are counted for so many places; beyond them the one that began longest ago is forgotten', (t) => {
  const { clock } = openBench(t);
  const count = createThinning(clock, 60_000);
  for (let place = 0; place < THINNED_KEYS_MAX; place += 1) assert.equal(count(`place ${place}`), 1);
  assert.equal(count('place 0'), 2);
  assert.equal(count('one more'), 1);
  assert.equal(count('place 1'), 2);
  assert.equal(count('place 0'), 1);
});

test('of a long user agent only the beginning is kept', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const kept: number[] = [];
  const write: Store['write'] = (work) =>
    people.store.write((tx) => {
      const createWebSession: typeof tx.people.createWebSession = (row) => {
        kept.push(row.userAgent.length);
        return tx.people.createWebSession(row);
      };
      return work({ ...tx, people: { ...tx.people, createWebSession } });
    });
  const signIn = createSignInService({ ...people, store: { ...people.store, write } });
  for (const length of [300, 301]) {
    const userAgent = 'u'.repeat(length);
    await signIn.signIn({ username: 'olga', password: GOOD_PASSWORD, remoteAddress: HOME, userAgent });
  }
  assert.deepEqual(kept, [300, 300]);
});

test('products that are kept in memory have a limit: beyond it the oldest is read again', async () => {
  const productsKeptMax = 10_000;
  const product = { requestPolicy: 'saved', latestVersion: 0, rolledOutVersion: 0 };
  const tx = { products: { findById: async (id: number) => ({ ...product, id }) } };
  // Of the store the cache asks no more than this.
  const store = { read: (work: (tx: never) => unknown) => work(tx as never) } as unknown as Store;
  const cache = createProductCache(store);
  for (let id = 1; id <= productsKeptMax; id += 1) await cache.get(id);
  assert.ok(cache.peek(1));
  await cache.get(productsKeptMax + 1);
  assert.deepEqual([cache.peek(1), cache.peek(2)?.product.id], [undefined, 2]);
});

test('a device has five tokens at most, and none is dropped for another', async (t) => {
  const bench = openBench(t);
  const secretSealed = bench.sealer.seal(productPurpose('b1Lamp'), 'product-secret');
  const settings = { ...SETTINGS, isRegistrationAllowed: true, isUnknownDeviceAllowed: true };
  await bench.store.write((tx) =>
    tx.products.create({ productKey: 'b1Lamp', secretSealed, settings, createdAt: 1 }),
  );
  const { register } = createDeviceRegistration({ ...bench, sessions: createSessionDirectory() });
  const ask = async (random: string) => {
    const content = registerSignContent('lamp-9', 'b1Lamp', random);
    const password = createHmac('sha256', 'product-secret').update(content).digest('hex');
    const parameters = new Map([['random', random]]);
    const names = { productKey: 'b1Lamp', deviceName: 'lamp-9', clientId: 'lamp-9' };
    const claim = { ...names, parameters, password, authType: 'regnwl', signMethod: 'hmacsha256' } as const;
    return (await register(claim, HOME)).kind;
  };
  const kinds: string[] = [];
  for (let count = 0; count < 6; count += 1) kinds.push(await ask(String(count)));
  assert.deepEqual(kinds, ['ok', 'ok', 'ok', 'ok', 'ok', 'refused']);
});

test('a device raises the number of versions by a million at most, not by one more', async (t) => {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench);
  const sessions = createSessionDirectory();
  const recorder = createRecorder({ ...bench, replica: 'here', gatherMs: 0, onRecorded() {} });
  const contents = createContentCache(bench.store);
  const revoked = createRevokedDevices(bench.clock);
  const links = createLinkService({ ...bench, contents, revoked, recorder, publicUrl: () => 'http://x' });
  const core = createDeviceCore({
    ...bench,
    links,
    inline: createInlineContents(contents),
    recorder,
    sessions,
  });
  const { id, deviceName } = devices[0]!;
  const lamp: SignedInDevice = {
    id,
    deviceName,
    productId: product.id,
    productKey: 'a1Lamp',
    hasExtension: true,
    takesInline: false,
  };
  const claim = (configVersion: number) =>
    core.reportReply(
      lamp,
      parseConfigPushReply(`{"id":"0","code":200,"data":{"configVersion":${configVersion}}}`),
    );
  await claim(1 + 1_000_001);
  assert.equal((await saveVersion(bench.store, product, '{"b":1}')).number, 2);
  await bench.products.refresh(product.id);
  await claim(2 + 1_000_000);
  assert.equal((await saveVersion(bench.store, product, '{"b":2}')).number, 1_000_003);
});

test('a gateway has 2,000 sub-devices in its topology at most', async (t) => {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench, numbered('sensor', 2_002));
  const [gateway, ...sensors] = devices.map(({ id, deviceName }) => ({
    id,
    deviceName,
    productId: product.id,
    productKey: 'a1Lamp',
    hasExtension: false,
    takesInline: false,
  }));
  const known = new Map(sensors.map((sensor) => [sensor.deviceName, sensor]));
  const { add } = createTopology(bench, {
    checkSigned: async ({ deviceName }) => known.get(deviceName),
    signIn: async () => ({ kind: 'refused' }),
  });
  const claims = sensors.map(({ deviceName }) => ({
    productKey: 'a1Lamp',
    deviceName,
    clientId: 'id',
    timestamp: '1',
    signMethod: 'hmacsha256' as const,
    sign: '00',
  }));
  const outcomes = [await add(gateway!, claims.slice(1)), await add(gateway!, claims.slice(0, 1))];
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['ok', 'refused'],
  );
});
