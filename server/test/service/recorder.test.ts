/** Many facts in one transaction, a PUBACK only for what is stored, and a store that refuses (P2, fault 13). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { DeviceReport, Presence } from '../../src/domain/device.ts';
import { createRecorder } from '../../src/service/recorder.ts';
import { namesOf } from '../conformance/store-bench.ts';
import { countOf, createLamps, diskFull, openBench } from './service-bench.ts';

async function openRecorder(t: TestContext, deviceCount = 1, gatherMs = 0) {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench, namesOf(deviceCount));
  const touched: number[][] = [];
  let writes = 0;
  const store = {
    ...bench.store,
    write: (work: Parameters<typeof bench.store.write>[0]) => {
      writes += 1;
      return bench.store.write(work);
    },
  } as typeof bench.store;
  const recorder = createRecorder({
    ...bench,
    store,
    replica: 'here',
    gatherMs,
    onRecorded: (ids) => touched.push([...ids]),
  });
  const facts = (index = 0) => ({ deviceId: devices[index]!.id, productId: product.id, at: 1_000 });
  return {
    ...bench,
    recorder,
    product,
    devices,
    touched,
    writeCount: () => writes,
    online: (index = 0, isOnline = true): Presence => ({
      ...facts(index),
      deviceName: devices[index]!.deviceName,
      isOnline,
      remoteAddress: '192.0.2.1',
    }),
    replied: (index = 0, code = 200, version = 1): DeviceReport => ({
      ...facts(index),
      kind: 'replied',
      messageId: null,
      code,
      message: `code ${code}`,
      version,
    }),
    find: (index = 0) => bench.store.read((tx) => tx.devices.findById(devices[index]!.id)),
  };
}

/** Lets everything go on that waits for nothing but its turn. */
async function letRun(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('facts of one turn are written together, and whoever waits is told afterwards', async (t) => {
  const { recorder, online, replied, devices, find, writeCount, touched, product } = await openRecorder(
    t,
    100,
  );
  for (let index = 0; index < devices.length; index += 1) recorder.presence(online(index));
  await Promise.all(devices.map((_, index) => recorder.reportDurably(replied(index))));
  assert.equal(writeCount(), 1);
  assert.deepEqual(touched, [[product.id]]);
  assert.equal((await find(99))?.isOnline, true);
  assert.equal((await find(99))?.confirmedVersion, 1);
});

test('more facts than one batch holds are written in several', async (t) => {
  const { recorder, replied, writeCount, metrics } = await openRecorder(t);
  await Promise.all(Array.from({ length: 1_200 }, () => recorder.reportDurably(replied())));
  assert.equal(writeCount(), 3);
  assert.equal(await countOf(metrics.reports), 1_200);
});

test('where many facts come they are gathered longer, and a single one is not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { recorder, replied, writeCount } = await openRecorder(t, 1, 5);
  const reportAndWait = async (count: number, ms: number) => {
    for (let index = 0; index < count; index += 1) recorder.report(replied());
    t.mock.timers.tick(ms);
    await letRun();
    return writeCount();
  };
  assert.equal(await reportAndWait(30, 5), 1);
  assert.equal(await reportAndWait(1, 24), 1, 'thirty came before it');
  assert.equal(await reportAndWait(0, 1), 2);
  assert.equal(await reportAndWait(1, 5), 3, 'one came before it');
});

test('of a device that comes and goes before it is written, only the last counts', async (t) => {
  const { recorder, online, find, metrics } = await openRecorder(t);
  for (let turn = 0; turn < 50; turn += 1) recorder.presence(online(0, turn % 2 === 1));
  await recorder.drain();
  assert.equal((await find())?.isOnline, true);
  assert.equal(await countOf(metrics.presences), 1);
});

test('a reply that cannot be stored is rejected, so that its device repeats it', async (t) => {
  const { recorder, replied, store, find, metrics } = await openRecorder(t);
  store.failWrites(diskFull());
  await assert.rejects(recorder.reportDurably(replied()), { code: 'storage-full' });
  assert.equal((await find())?.confirmedVersion, 0);
  assert.ok((await countOf(metrics.storeFailures)) > 0);
  store.failWrites(undefined);
  await recorder.reportDurably(replied());
  assert.equal((await find())?.confirmedVersion, 1);
});

test('what nobody repeats waits for the store and is written when it is back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { recorder, online, store, find } = await openRecorder(t);
  store.failWrites(diskFull());
  recorder.presence(online());
  await letRun();
  assert.equal((await find())?.isOnline, false);
  store.failWrites(undefined);
  t.mock.timers.tick(500);
  await letRun();
  assert.equal((await find())?.isOnline, true);
});

test('a newer presence wins over one that could not be written', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { recorder, online, store, find } = await openRecorder(t);
  store.failWrites(diskFull());
  recorder.presence(online(0, true));
  await letRun();
  recorder.presence(online(0, false));
  store.failWrites(undefined);
  await letRun();
  t.mock.timers.tick(500);
  await letRun();
  assert.equal((await find())?.isOnline, false);
});

test('a full disk is tried again twice a second, however many facts arrive meanwhile', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { recorder, online, replied, store, metrics } = await openRecorder(t);
  store.failWrites(diskFull());
  recorder.presence(online());
  await letRun();
  for (let index = 0; index < 20; index += 1) {
    await assert.rejects(recorder.reportDurably(replied()));
    await letRun();
  }
  const before = await countOf(metrics.storeFailures);
  t.mock.timers.tick(500);
  await letRun();
  assert.equal(await countOf(metrics.storeFailures), before + 1);
});

test('the queue is bounded: beyond it a reply is refused and another fact is counted as dropped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { recorder, replied, store, metrics, devices, product } = await openRecorder(t);
  store.failWrites(diskFull());
  const downloaded: DeviceReport = {
    kind: 'downloaded',
    deviceId: devices[0]!.id,
    productId: product.id,
    at: 1,
    version: 1,
    deliveryId: 0,
  };
  for (let index = 0; index < 100_000; index += 1) recorder.report(downloaded);
  assert.equal(await countOf(metrics.reportsDropped), 0);
  recorder.report(downloaded);
  assert.equal(await countOf(metrics.reportsDropped), 1);
  await assert.rejects(recorder.reportDurably(replied()), { code: 'storage-unavailable' });
});

test('a fact about a device that was removed meanwhile does not hold up the others', async (t) => {
  const { recorder, online, replied, devices, store, find } = await openRecorder(t, 2);
  await store.write((tx) => tx.devices.remove(devices[0]!.id));
  recorder.presence(online(0));
  recorder.presence(online(1));
  await Promise.all([recorder.reportDurably(replied(0)), recorder.reportDurably(replied(1))]);
  assert.equal((await find(1))?.confirmedVersion, 1);
  assert.equal((await find(1))?.isOnline, true);
});

test('a drain writes what waits, and gives up on a store that refuses', async (t) => {
  const first = await openRecorder(t);
  first.recorder.presence(first.online());
  await first.recorder.drain();
  assert.equal((await first.find())?.isOnline, true);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  first.store.failWrites(diskFull());
  first.recorder.presence(first.online(0, false));
  await first.recorder.drain();
  const failures = await countOf(first.metrics.storeFailures);
  t.mock.timers.tick(60_000);
  await letRun();
  assert.equal(await countOf(first.metrics.storeFailures), failures);
});

test('a fact that can never be written costs only itself', async (t) => {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench, namesOf(2));
  const [bad, good] = devices;
  const store = {
    ...bench.store,
    write: (work: Parameters<typeof bench.store.write>[0]) =>
      bench.store.write((tx) =>
        work({
          ...tx,
          deliveries: {
            ...tx.deliveries,
            record(reports, now) {
              if (reports.some(({ deviceId }) => deviceId === bad!.id)) throw new RangeError('a bug');
              return tx.deliveries.record(reports, now);
            },
          },
        }),
      ),
  } as typeof bench.store;
  const recorder = createRecorder({ ...bench, store, replica: 'here', gatherMs: 0, onRecorded: () => {} });
  const fact = { productId: product.id, at: 1_000, kind: 'downloaded', version: 1, deliveryId: 0 } as const;
  recorder.report({ ...fact, deviceId: bad!.id });
  recorder.report({ ...fact, deviceId: good!.id });
  await recorder.drain();
  const find = async (id: number) =>
    (await bench.store.read((tx) => tx.devices.findById(id)))?.downloadedVersion;
  assert.deepEqual([await find(bad!.id), await find(good!.id)], [0, 1]);
});
