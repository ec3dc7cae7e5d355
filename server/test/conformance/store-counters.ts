/** Counts are kept beside the rows they count; this checks them against a recount. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DELIVERY_STATES, messageIdOf } from '../../src/domain/delivery.ts';
import type { Device } from '../../src/domain/device.ts';
import type { Product } from '../../src/domain/product.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { Store } from '../../src/domain/store-port.ts';
import {
  at,
  claim,
  connect,
  createDevices,
  createProduct,
  DEADLINE_MS,
  deliveriesOf,
  disconnect,
  findProduct,
  findRollout,
  HERE,
  replyOf,
  report,
  type StoreTests,
  startRollout,
  THERE,
} from './store-bench.ts';

const RUNS = 25;
const STEPS_MAX = 60;

const step = fc.record({ act: fc.nat(), pick: fc.nat(99), more: fc.nat(9) });
const history = fc.array(step, { minLength: STEPS_MAX / 2, maxLength: STEPS_MAX });

export const counterTests: StoreTests = {
  'after any history every count equals a recount': async (store) => {
    let fleetCount = 0;
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        fleetCount += 1;
        const product = await createProduct(store, `a1Fleet${fleetCount}`);
        const fleet: Fleet = { store, product, devices: [], rollouts: [], now: 0 };
        for (const { act, pick, more } of steps) {
          fleet.now += 1000;
          await ACTS[act % ACTS.length]!(fleet, pick, more);
          await checkProduct(fleet);
          for (const rollout of fleet.rollouts) await checkRollout(fleet, rollout);
        }
      }),
      { numRuns: RUNS },
    );
  },
};

type Fleet = { store: Store; product: Product; devices: Device[]; rollouts: Rollout[]; now: number };
type Act = (fleet: Fleet, pick: number, more: number) => Promise<unknown>;

function one<T>(items: readonly T[], pick: number): T[] {
  return items.length === 0 ? [] : [items[pick % items.length]!];
}

const ACTS: readonly Act[] = [
  async function createSome(fleet, pick, more) {
    const names = Array.from({ length: more + 1 }, (_, index) => `d-${pick + index}`);
    const fresh = names.filter((name) => !fleet.devices.some((device) => device.deviceName === name));
    fleet.devices.push(...(await createDevices(fleet.store, fleet.product, fresh)));
    await fleet.store.write((tx) =>
      tx.devices.createMany(
        fleet.product.id,
        names.map((deviceName) => ({ deviceName, secretSealed: new Uint8Array(), tags: [] })),
        1,
      ),
    );
  },
  async function connectSome(fleet, pick, more) {
    await connect(fleet.store, fleet.devices.slice(pick % 10), more % 2 ? HERE : THERE, at(fleet.now));
  },
  async function disconnectSome(fleet, pick, more) {
    await disconnect(fleet.store, fleet.devices.slice(0, pick % 10), more % 2 ? HERE : THERE, at(fleet.now));
  },
  async function push(fleet) {
    fleet.rollouts.push(await startRollout(fleet.store, fleet.product, { startedMs: fleet.now }));
  },
  async function expandSome(fleet, _, more) {
    for (const { id } of fleet.rollouts)
      await fleet.store.write((tx) => tx.deliveries.expand(id, more + 1, at(fleet.now)));
  },
  async function claimSome(fleet, _, more) {
    for (const rollout of fleet.rollouts)
      await claim(fleet.store, rollout, at(fleet.now), more % 2 ? HERE : THERE, more + 1);
  },
  async function acknowledge(fleet, pick) {
    for (const rollout of fleet.rollouts) {
      const deliveries = [...(await deliveriesOf(fleet.store, rollout)).values()];
      const sent = deliveries.filter((delivery) => delivery.state === 'sent');
      for (const { id, deviceId, attempt } of one(sent, pick)) {
        const device = fleet.devices.find((each) => each.id === deviceId)!;
        await report(fleet.store, device, { kind: 'received', messageId: messageIdOf(id, attempt) });
      }
    }
  },
  async function download(fleet, pick, more) {
    for (const device of one(fleet.devices, pick))
      await report(fleet.store, device, { kind: 'downloaded', version: 1 + (more % 3), deliveryId: 0 });
  },
  async function answer(fleet, pick, more) {
    for (const device of one(fleet.devices, pick))
      await report(fleet.store, device, replyOf({ version: 1 + (more % 3), code: more % 2 ? 200 : 100_001 }));
  },
  async function closeSome(fleet, pick, more) {
    for (const { id } of one(fleet.rollouts, pick))
      await fleet.store.write((tx) => tx.deliveries.close(id, 'deadline', more + 1, at(DEADLINE_MS)));
  },
  async function retry(fleet, pick, more) {
    for (const { id } of one(fleet.rollouts, pick)) {
      await fleet.store.write((tx) => tx.rollouts.reopen(id, null));
      await fleet.store.write((tx) => tx.deliveries.reopen(id, more + 1, at(fleet.now)));
    }
  },
  async function cancel(fleet, pick) {
    for (const { id } of one(fleet.rollouts, pick))
      await fleet.store.write((tx) => tx.rollouts.cancel(id, 1));
  },
  async function removeOne(fleet, pick) {
    for (const device of one(fleet.devices, pick)) {
      fleet.devices.splice(fleet.devices.indexOf(device), 1);
      await fleet.store.write((tx) => tx.devices.remove(device.id));
    }
  },
];

async function checkProduct({ store, product, devices }: Fleet): Promise<void> {
  const rows = await store.read((tx) =>
    tx.devices.list({ productId: product.id }, { after: undefined, limit: 1000 }),
  );
  assert.equal(rows.length, devices.length);
  const { deviceCount, onlineCount } = await findProduct(store, product);
  assert.equal(deviceCount, rows.length);
  assert.equal(onlineCount, rows.filter((device) => device.isOnline).length);
  const usage = await store.read((tx) => tx.products.listUsage(product.id, 100));
  const recount = new Map<number, number>();
  for (const { downloadedVersion } of rows)
    if (downloadedVersion > 0) recount.set(downloadedVersion, (recount.get(downloadedVersion) ?? 0) + 1);
  assert.deepEqual(new Map(usage.map((each) => [each.version, each.deviceCount])), recount);
}

async function checkRollout({ store }: Fleet, { id }: Rollout): Promise<void> {
  const rollout = await findRollout(store, id);
  const deliveries = [...(await deliveriesOf(store, rollout)).values()];
  const { counts, openCount } = await store.read((tx) => tx.rollouts.findProgress(id));
  assert.equal(openCount, deliveries.filter((delivery) => delivery.isOpen).length);
  for (const state of DELIVERY_STATES) {
    const unwritten = state === 'pending' && !rollout.isExpanded;
    const written = deliveries.filter((delivery) => delivery.state === state).length;
    assert.equal(counts[state], written + (unwritten ? rollout.deviceTotal - deliveries.length : 0));
  }
  assert.equal(
    Object.values(counts).reduce((a, b) => a + b, 0),
    rollout.deviceTotal,
  );
}
