import assert from 'node:assert/strict';
import type { Device } from '../../src/domain/device.ts';
import type { Product } from '../../src/domain/product.ts';
import type { DeviceFilter, Store } from '../../src/domain/store-port.ts';
import { connect, createProduct, readPages, report, SECRET, type StoreTests } from './store-bench.ts';

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
];

export const devicePageTests: StoreTests = {
  'every filter and every pair of filters gives exactly the devices it describes, by name, over pages of any size':
    async (store) => {
      const { product, all } = await createFleet(store);
      await checkEveryFilter(store, product, all);
    },

  'all filters together narrow down to one device, and each page item is the whole device': async (store) => {
    const { product, all } = await createFleet(store);
    const wanted = all.find((device) => device.deviceName === 'lamp-12')!;
    const filter = {
      productId: product.id,
      namePrefix: 'lamp-12',
      tag: 'even',
      isOnline: true,
      version: 1,
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
export async function checkEveryFilter(
  store: Store,
  product: Product,
  all: readonly Device[],
): Promise<void> {
  for (const one of FILTERS) {
    for (const two of FILTERS) {
      const filter = { productId: product.id, ...one, ...two };
      const expected = all.filter((device) => isWanted(device, filter)).map(nameOf);
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
    (filter.version === undefined || device.downloadedVersion === filter.version)
  );
}

/** Two products with devices of the same names, in every mix of tags, connection and version. */
export async function createFleet(store: Store): Promise<{ product: Product; all: Device[] }> {
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
  const all = (await listAll(product.id)).toSorted((a, b) => (a.deviceName < b.deviceName ? -1 : 1));
  return { product, all };
}
