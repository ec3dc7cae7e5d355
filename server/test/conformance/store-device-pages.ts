import assert from 'node:assert/strict';
import { DELIVERY_STATES, type DeliveryState } from '../../src/domain/delivery.ts';
import type { Device } from '../../src/domain/device.ts';
import type { Product } from '../../src/domain/product.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { DeviceFilter, Store } from '../../src/domain/store-port.ts';
import {
  claim,
  connect,
  createProduct,
  deliveriesOf,
  expandAll,
  readPages,
  report,
  SECRET,
  type StoreTests,
  saveVersion,
  startRollout,
} from './store-bench.ts';

/** What a filter may ask, one value and its opposite or two that differ; the pairs are made of these. */
const FILTERS: readonly Omit<DeviceFilter, 'productId'>[] = [
  {},
  { namePrefix: '' },
  { namePrefix: 'lamp' },
  { namePrefix: 'lamp-1' },
  { namePrefix: 'nobody' },
  { tag: 'even' },
  { tag: 'third' },
  { tag: 'none' },
  { isOnline: true },
  { isOnline: false },
  { version: 0 },
  { version: 1 },
  { version: 2 },
  { version: 99 },
  { isEnabled: true },
  { isEnabled: false },
];

/** A product's devices, and where each is in the newest rollout. */
export type Fleet = {
  product: Product;
  all: Device[];
  rollout: Rollout;
  states: Map<number, DeliveryState>;
};

export const devicePageTests: StoreTests = {
  'every filter and every pair of filters gives exactly the devices it describes, by name, over pages of any size':
    async (store) => {
      await checkEveryFilter(store, await createFleet(store));
    },

  'the states of a page of devices are those of the rollout that was asked for': async (store) => {
    const { all, rollout, states } = await createFleet(store);
    const ids = all.map(({ id }) => id);
    const statesIn = (rolloutId: number, of = ids) =>
      store.read((tx) => tx.deliveries.findStates(rolloutId, of));
    assert.deepEqual(await statesIn(rollout.id), states);
    assert.ok(states.size > 0 && states.size < all.length, 'some have no delivery');
    const one = [...states.keys()][0]!;
    assert.deepEqual(await statesIn(rollout.id, [one]), new Map([[one, states.get(one)!]]));
    assert.deepEqual(await statesIn(rollout.id, []), new Map());
    assert.deepEqual(await statesIn(rollout.id + 1), new Map());
  },

  'all filters together narrow down to one device, and each page item is the whole device': async (store) => {
    const { product, all, rollout, states } = await createFleet(store);
    const wanted = all.find((device) => device.deviceName === 'lamp-12')!;
    const filter = {
      productId: product.id,
      namePrefix: 'lamp-12',
      tag: 'even',
      isOnline: true,
      version: wanted.downloadedVersion,
      isEnabled: true,
      delivery: { rolloutId: rollout.id, state: states.get(wanted.id)! },
    };
    assert.deepEqual(await store.read((tx) => tx.devices.list(filter, { after: undefined, limit: 5 })), [
      wanted,
    ]);
  },

  'a device that comes or goes while somebody pages neither repeats nor hides another one': async (store) => {
    const { product, all } = await createFleet(store);
    const list = (after: string | undefined) =>
      store.read((tx) => tx.devices.list({ productId: product.id }, { after, limit: 10 }));
    const first = await list(undefined);
    await store.write(async (tx) => {
      await tx.devices.remove(first.at(-1)!.id);
      await tx.devices.create(product.id, { deviceName: 'aaaa', secretSealed: SECRET, tags: [] }, 1);
    });
    const second = await list(first.at(-1)!.deviceName);
    assert.deepEqual(second.map(nameOf), all.slice(10, 20).map(nameOf));
  },

  'a percent sign, an underscore or a quote in a filter is only itself': async (store) => {
    const { product } = await createFleet(store);
    for (const odd of ['%', '_', "'", 'lamp%', "' OR 1=1 --"]) {
      for (const filter of [{ namePrefix: odd }, { tag: odd }])
        assert.deepEqual(
          await store.read((tx) =>
            tx.devices.list({ productId: product.id, ...filter }, { after: undefined, limit: 5 }),
          ),
          [],
        );
    }
  },
};

/** Compares every filter and pair of filters, in pages of two sizes, with a look at each device. */
export async function checkEveryFilter(store: Store, fleet: Fleet): Promise<void> {
  const { product, all, rollout, states } = fleet;
  const ofRollout = (state: DeliveryState) => ({ delivery: { rolloutId: rollout.id, state } });
  const some = [...FILTERS, ofRollout('pending'), ofRollout('downloaded')];
  const firsts = [
    ...FILTERS,
    ...DELIVERY_STATES.map(ofRollout),
    { delivery: { rolloutId: rollout.id + 1, state: 'pending' as const } },
  ];
  for (const one of firsts) {
    for (const two of some) {
      const filter = { productId: product.id, ...one, ...two };
      const isThere = (device: Device) =>
        filter.delivery === undefined ||
        (filter.delivery.rolloutId === rollout.id && states.get(device.id) === filter.delivery.state);
      const expected = all.filter((device) => isWanted(device, filter) && isThere(device)).map(nameOf);
      for (const limit of [4, 100]) {
        const listed = await readPages(limit, nameOf, (page) =>
          store.read((tx) => tx.devices.list(filter, page)),
        );
        assert.deepEqual(listed.map(nameOf), expected, JSON.stringify({ filter, limit }));
      }
    }
  }
}

const nameOf = (device: Device): string => device.deviceName;

function isWanted(device: Device, filter: DeviceFilter): boolean {
  return (
    device.deviceName.startsWith(filter.namePrefix ?? '') &&
    (filter.tag === undefined || device.tags.includes(filter.tag)) &&
    (filter.isOnline === undefined || device.isOnline === filter.isOnline) &&
    (filter.version === undefined || device.downloadedVersion === filter.version) &&
    (filter.isEnabled === undefined || device.isEnabled === filter.isEnabled)
  );
}

/** Two products with devices of the same names, in every mix of tags, connection, version and state. */
export async function createFleet(store: Store): Promise<Fleet> {
  const product = await createProduct(store);
  const other = await createProduct(store, 'a1Other');
  const devices = Array.from({ length: 31 }, (_, index) => ({
    deviceName: `${index % 5 === 0 ? 'Lamp' : 'lamp'}-${index}`,
    secretSealed: SECRET,
    tags: [...(index % 2 === 0 ? ['even'] : []), ...(index % 3 === 0 ? ['third'] : [])],
  }));
  await store.write(async (tx) => {
    await tx.devices.createMany(product.id, devices, 1);
    await tx.devices.createMany(other.id, devices, 1);
  });
  const listAll = (id: number) =>
    store.read((tx) => tx.devices.list({ productId: id }, { after: undefined, limit: 100 }));
  for (const [index, device] of (await listAll(product.id)).entries()) {
    const serial = Number(device.deviceName.split('-')[1]);
    if (serial % 4 < 2) await connect(store, [device], index % 2 === 0 ? 'a' : 'b');
    if (serial % 7 !== 0)
      await report(store, device, { kind: 'downloaded', version: 1 + (serial % 2), deliveryId: 0 });
  }
  await connect(store, await listAll(other.id));
  await disableSome(store, await listAll(product.id));
  const rollout = await pushToSome(store, product, await listAll(product.id));
  const all = (await listAll(product.id)).toSorted((a, b) => (a.deviceName < b.deviceName ? -1 : 1));
  const states = new Map<number, DeliveryState>();
  for (const { deviceId, state } of (await deliveriesOf(store, rollout)).values())
    states.set(deviceId, state);
  return { product, all, rollout, states };
}

async function disableSome(store: Store, devices: readonly Device[]): Promise<void> {
  await store.write(async (tx) => {
    for (const [index, { id }] of devices.entries())
      if (index % 6 === 1) await tx.devices.update(id, { isEnabled: false });
  });
}

/** The newest of two rollouts. Its devices are in several states; the disabled ones have no delivery. */
async function pushToSome(store: Store, product: Product, devices: readonly Device[]): Promise<Rollout> {
  while ((await saveVersion(store, product)).number < 3);
  await expandAll(store, await startRollout(store, product, { version: 3 }));
  const rollout = await startRollout(store, product, { version: 3 });
  await expandAll(store, rollout);
  await claim(store, rollout, undefined, 'a', 5);
  for (const device of devices.filter((_, index) => index % 9 === 0))
    await report(store, device, { kind: 'downloaded', version: 3, deliveryId: 0 });
  return rollout;
}
