/** What the store's suite is written with: products, devices and rollouts made in one line. */
import { createHash } from 'node:crypto';
import type { Instant } from '../../src/domain/clock.ts';
import type { Delivery } from '../../src/domain/delivery.ts';
import type { Device, DeviceReport, Presence } from '../../src/domain/device.ts';
import type { Product, ProductSettings } from '../../src/domain/product.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { ClaimedDelivery, NewRollout, Store } from '../../src/domain/store-port.ts';
import type { ConfigVersion } from '../../src/domain/version.ts';

export type OpenedStore = {
  store: Store;
  /** Closes the store and opens what it left behind. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
  /** Where an engine backs up to a file: a new place for one, and the store in it. */
  backups?: { path: string; open(): Promise<Store> };
};

export type OpenStore = () => Promise<OpenedStore>;

/** Tests by name; each gets a store of its own. */
export type StoreTests = Readonly<Record<string, (store: Store, opened: OpenedStore) => Promise<void>>>;

const WALL_START_MS = 1_800_000_000_000;

/** A moment `ms` after the suite's start, on both clocks. */
export function at(ms: number): Instant {
  return { wallMs: WALL_START_MS + ms, serviceMs: ms };
}

export const SECRET: Uint8Array = new Uint8Array([1, 2, 3]);
export const HERE = 'replica-a';
export const THERE = 'replica-b';
export const ATTEMPT_TIMEOUT_MS = 60_000;
export const DEADLINE_MS = 10_000_000;

export const SETTINGS: ProductSettings = {
  name: 'Lamp',
  isEnabled: true,
  coolDownSeconds: 3600,
  doneWhen: 'downloaded',
  requestPolicy: 'saved',
  configBytesMax: 65_536,
  attemptTimeoutSeconds: 60,
  deadlineSeconds: 604_800,
  isRegistrationAllowed: false,
  isUnknownDeviceAllowed: false,
  isStrongSignRequired: false,
  retentionVersions: null,
};

export function createProduct(store: Store, productKey = 'a1Lamp'): Promise<Product> {
  return store.write((tx) =>
    tx.products.create({ productKey, secretSealed: SECRET, settings: SETTINGS, createdAt: 1 }),
  );
}

/** Devices by name; their order is the order of the names given. */
export async function createDevices(
  store: Store,
  product: Product,
  names: readonly string[],
): Promise<Device[]> {
  return store.write(async (tx) => {
    const devices = names.map((deviceName) => ({ deviceName, secretSealed: SECRET, tags: [] }));
    await tx.devices.createMany(product.id, devices, 1);
    return Promise.all(names.map(async (name) => (await tx.devices.find(product.id, name))!));
  });
}

export function namesOf(count: number, prefix = 'device'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(3, '0')}`);
}

let configCount = 0;

export function saveVersion(
  store: Store,
  product: Product,
  content: Uint8Array | string = '{}',
): Promise<ConfigVersion> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  configCount += 1;
  const version = {
    productId: product.id,
    configId: `config${configCount}`,
    content: bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    author: 'ann',
    note: '',
    origin: { kind: 'editor' } as const,
    createdAt: 5,
  };
  return store.write((tx) => tx.configs.saveVersion(version));
}

/** Starts a rollout of a version saved for it, unless `changes` names one. */
export async function startRollout(
  store: Store,
  product: Product,
  changes: Partial<NewRollout> = {},
): Promise<Rollout> {
  const version = changes.version ?? (await saveVersion(store, product)).number;
  return store.write(async (tx) => {
    const now = (await tx.products.findById(product.id))!;
    return tx.rollouts.create({
      productId: product.id,
      version,
      deviceTotal: now.deviceCount,
      onlineAtStart: now.onlineCount,
      doneWhen: 'downloaded',
      attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
      startedMs: 0,
      deadlineMs: DEADLINE_MS,
      createdAt: 7,
      deadlineAt: 8,
      createdBy: 'ann',
      note: '',
      ...changes,
    });
  });
}

export async function expandAll(store: Store, rollout: Rollout, now = at(0)): Promise<void> {
  while (!(await findRollout(store, rollout.id)).isExpanded)
    await store.write((tx) => tx.deliveries.expand(rollout.id, 100, now));
}

/** A product whose devices are connected here, and a rollout whose deliveries are written. */
export async function startPush(
  store: Store,
  deviceCount: number,
  changes: Partial<NewRollout> = {},
): Promise<{ product: Product; devices: Device[]; rollout: Rollout }> {
  const product = await createProduct(store);
  const devices = await createDevices(store, product, namesOf(deviceCount));
  await connect(store, devices);
  const rollout = await startRollout(store, product, changes);
  await expandAll(store, rollout);
  return { product, devices, rollout };
}

export async function findRollout(store: Store, id: number): Promise<Rollout> {
  const rollout = await store.read((tx) => tx.rollouts.find(id));
  if (rollout === undefined) throw new Error(`rollout ${id} is gone`);
  return rollout;
}

export async function findProduct(store: Store, product: Product): Promise<Product> {
  return (await store.read((tx) => tx.products.findById(product.id)))!;
}

export async function findDevice(store: Store, device: { id: number }): Promise<Device> {
  return (await store.read((tx) => tx.devices.findById(device.id)))!;
}

export function presenceOf(device: Device, isOnline: boolean, atMs = 9): Presence {
  const { id, productId, deviceName } = device;
  return { deviceId: id, productId, deviceName, isOnline, remoteAddress: '192.0.2.1:1', at: atMs };
}

export function connect(
  store: Store,
  devices: readonly Device[],
  replica = HERE,
  now = at(0),
): Promise<void> {
  return store.write((tx) =>
    tx.sessions.record(
      devices.map((device) => presenceOf(device, true)),
      replica,
      now,
    ),
  );
}

export function disconnect(
  store: Store,
  devices: readonly Device[],
  replica = HERE,
  now = at(0),
): Promise<void> {
  return store.write((tx) =>
    tx.sessions.record(
      devices.map((device) => presenceOf(device, false)),
      replica,
      now,
    ),
  );
}

export function claim(
  store: Store,
  rollout: Rollout,
  now = at(0),
  replica = HERE,
  limit = 100,
): Promise<ClaimedDelivery[]> {
  return store.write((tx) => tx.deliveries.claimDue(rollout.id, replica, limit, now));
}

/** Every delivery of a rollout, by device id. */
export async function deliveriesOf(store: Store, rollout: Rollout): Promise<Map<number, Delivery>> {
  const page = await store.read((tx) =>
    tx.deliveries.list(rollout.id, undefined, { after: undefined, limit: 1000 }),
  );
  return new Map(page.map((delivery) => [delivery.deviceId, delivery]));
}

export async function deliveryOf(store: Store, rollout: Rollout, device: { id: number }): Promise<Delivery> {
  const delivery = (await deliveriesOf(store, rollout)).get(device.id);
  if (delivery === undefined) throw new Error(`device ${device.id} has no delivery in ${rollout.id}`);
  return delivery;
}

type ReportBody = DeviceReport extends infer R
  ? R extends DeviceReport
    ? Omit<R, 'deviceId' | 'productId' | 'at'>
    : never
  : never;

type Reply = ReportBody & { kind: 'replied' };

export function report(store: Store, device: Device, body: ReportBody, now = at(0)): Promise<void> {
  return store.write((tx) => tx.deliveries.record([reportOf(device, body, now)], now));
}

export function reportOf(device: Device, body: ReportBody, now = at(0)): DeviceReport {
  return { deviceId: device.id, productId: device.productId, at: now.wallMs, ...body };
}

/** A reply as unmodified devices send it; `body` adds what is known of it. */
export function replyOf(body: Partial<Reply>): Reply {
  return { kind: 'replied', messageId: null, code: 200, message: '', version: null, ...body };
}

/** More than any list here has: paging that does not get on must fail, not hang. */
const LISTED_MAX = 5_000;

/** Reads every page of a list with a page size, and gives the pages joined. */
export async function readPages<Item, Key>(
  limit: number,
  keyOf: (item: Item) => Key,
  list: (page: { after: Key | undefined; limit: number }) => Promise<Item[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: Key | undefined; ; ) {
    const page = await list({ after, limit });
    if (page.length > limit) throw new Error(`a page of ${page.length} is over its limit of ${limit}`);
    items.push(...page);
    if (items.length > LISTED_MAX) throw new Error('the pages come round again');
    const last = page.at(-1);
    if (last === undefined) return items;
    after = keyOf(last);
  }
}
