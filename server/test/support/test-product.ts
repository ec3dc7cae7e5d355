/** Products, devices and their rollouts over the API, in the few words that journeys need. */
import assert from 'node:assert/strict';
import type { DeliveryView, DeviceDetailView } from '@opencota/contract/http/devices';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { Static } from 'typebox';
import type { ApiClient } from './api-client.ts';
import { until } from './test-server.ts';

export type DeviceIdentity = { productKey: string; deviceName: string; deviceSecret: string };
export type TestProduct = { productKey: string; productSecret: string };
export type Delivery = Static<typeof DeliveryView>;

const SETTINGS = { enabled: true, coolDownSeconds: 0 };

/** A product with its switch on and without a cool-down, unless told otherwise. */
export async function createProduct(
  admin: ApiClient,
  settings: Record<string, unknown> = {},
): Promise<TestProduct> {
  const created = await admin.post('/products', { name: 'Lamp' });
  assert.equal(created.status, 201, created.text);
  const { productKey, productSecret } = created.body;
  const changed = await admin.patch(`/products/${productKey}`, { ...SETTINGS, ...settings });
  assert.equal(changed.status, 200, changed.text);
  return { productKey, productSecret };
}

export async function changeProduct(
  admin: ApiClient,
  productKey: string,
  settings: Record<string, unknown>,
): Promise<void> {
  const changed = await admin.patch(`/products/${productKey}`, settings);
  assert.equal(changed.status, 200, changed.text);
}

/** Registers devices by upload, as a factory would. In the order of their names' list. */
export async function createDevices(
  admin: ApiClient,
  productKey: string,
  names: readonly string[],
): Promise<DeviceIdentity[]> {
  const imported = await admin.send('POST', `/products/${productKey}/devices/bulk`, {
    raw: `deviceName,tags\n${names.map((name) => `${name},`).join('\n')}\n`,
    headers: { 'content-type': 'text/csv' },
  });
  assert.equal(imported.status, 200, imported.text);
  assert.equal(imported.body.created, names.length, imported.text.slice(0, 500));
  return imported.body.rows.map(({ deviceName, deviceSecret }: DeviceIdentity) => ({
    productKey,
    deviceName,
    deviceSecret,
  }));
}

export async function createDevice(
  admin: ApiClient,
  productKey: string,
  deviceName = 'lamp-1',
): Promise<DeviceIdentity> {
  const [device] = await createDevices(admin, productKey, [deviceName]);
  return device!;
}

export function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

export async function findDevice(
  admin: ApiClient,
  { productKey, deviceName }: Pick<DeviceIdentity, 'productKey' | 'deviceName'>,
): Promise<Static<typeof DeviceDetailView>> {
  const answer = await admin.get(`/products/${productKey}/devices/${deviceName}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** The device's delivery in its newest rollout. */
export async function findDelivery(admin: ApiClient, device: DeviceIdentity): Promise<Delivery> {
  const { latestDelivery } = await findDevice(admin, device);
  assert.ok(latestDelivery, `${device.deviceName} has no delivery`);
  return latestDelivery;
}

/** Waits until the device's newest delivery is in this state. */
export function untilDelivered(
  admin: ApiClient,
  device: DeviceIdentity,
  state: Delivery['state'],
): Promise<Delivery> {
  return until(`${device.deviceName} is ${state}`, async () => {
    const delivery = (await findDevice(admin, device)).latestDelivery;
    return delivery !== null && delivery.state === state && delivery;
  });
}

export function untilOnline(
  admin: ApiClient,
  productKey: string,
  count: number,
  withinMs?: number,
): Promise<unknown> {
  return until(
    `${count} devices are online`,
    async () => {
      const { body } = await admin.get(`/products/${productKey}`);
      return body.onlineCount === count;
    },
    withinMs,
  );
}

export async function findRollout(admin: ApiClient, id: number): Promise<RolloutView> {
  const answer = await admin.get(`/rollouts/${id}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

export function untilEnded(admin: ApiClient, id: number, withinMs?: number): Promise<RolloutView> {
  return until(
    `rollout ${id} has ended`,
    async () => {
      const rollout = await findRollout(admin, id);
      const hasEnded = rollout.endedAt !== null && rollout.open === 0;
      return hasEnded && rollout;
    },
    withinMs,
  );
}

/** All deliveries of a rollout, page by page. */
export async function listDeliveries(admin: ApiClient, id: number, state?: string): Promise<Delivery[]> {
  const found: Delivery[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '500', ...(state && { state }), ...(cursor && { cursor }) });
    const answer = await admin.get(`/rollouts/${id}/deliveries?${query}`);
    assert.equal(answer.status, 200, answer.text);
    found.push(...answer.body.items);
    cursor = answer.body.nextCursor;
  } while (cursor !== null);
  return found;
}

/** The counters that are not zero. */
export function reached({ counters }: RolloutView): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0));
}
