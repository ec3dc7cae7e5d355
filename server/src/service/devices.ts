/** Devices: register one or many, change, remove (R2, R19, R23 of the security list: a change works at once). */
import { DEVICE_NAME_PATTERN } from '@opencota/contract/alink/topics';
import type { TopologyStatus } from '@opencota/contract/alink/topology';
import type { Delivery, DeliveryState } from '../domain/delivery.ts';
import type { Device, DeviceDetail } from '../domain/device.ts';
import { DomainError } from '../domain/errors.ts';
import type { DeviceName, Gateway } from '../domain/gateway-port.ts';
import { TAG_CHARS_MAX, TAGS_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import { type Product, requestableVersion } from '../domain/product.ts';
import type { DeliveryView, DeviceFilter, PageOf, Tx } from '../domain/store-port.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { devicePurpose, type Parts } from './parts.ts';
import { createSecret, GIVEN_SECRET_PATTERN, GIVEN_SECRET_RULE, getProduct } from './products.ts';
import type { RevokedDevices } from './revoked-devices.ts';
import { writeAs } from './write-as.ts';

/** How long the old secret stays good after a rotation, so that a device can be told the new one. */
export const SECRET_OVERLAP_MS = 24 * 3_600_000;

const TAG_PATTERN = /^[\p{L}\p{N}_.:=/@-]+$/u;

/** `deviceSecret`: the one a fielded device already has, when it moves here from another service. */
export type NewDeviceInput = {
  deviceName: string;
  tags: readonly string[];
  deviceSecret?: string | undefined;
};
export type DeviceWithDelivery = DeviceDetail & { latestDelivery: DeliveryView | null };
/** With the state of its delivery in the newest rollout; null: it has none there. */
export type ListedDevice = Device & { deliveryState: DeliveryState | null };
/** `deliveryState` is looked for in the newest rollout. */
export type ListFilter = Omit<DeviceFilter, 'productId' | 'delivery'> & { deliveryState?: DeliveryState };
export type DeviceService = ReturnType<typeof createDeviceService>;

export async function getDevice(tx: Tx, product: Product, deviceName: string): Promise<Device> {
  const device = await tx.devices.find(product.id, deviceName);
  if (device === undefined)
    throw new DomainError(
      'device-not-found',
      `Product ${product.productKey} has no device named ${JSON.stringify(deviceName)}.`,
    );
  return device;
}

/** The device as its own page shows it. */
export async function getDeviceWithDelivery(
  tx: Tx,
  productKey: string,
  deviceName: string,
): Promise<DeviceWithDelivery> {
  const product = await getProduct(tx, productKey);
  const device = await getDevice(tx, product, deviceName);
  const deliveries = await tx.deliveries.listOfDevice(device.id, { after: undefined, limit: 10 });
  return {
    ...device,
    wantedVersion: wantedVersion(product, deliveries),
    latestDelivery: deliveries[0] ?? null,
  };
}

/** What is wrong with a device's name, tags or given secret, or undefined. */
export function deviceProblem({ deviceName, tags, deviceSecret }: NewDeviceInput): string | undefined {
  if (!DEVICE_NAME_PATTERN.test(deviceName))
    return 'deviceName must be 4 to 32 of the characters A-Z a-z 0-9 - _ @ . :';
  if (deviceSecret !== undefined && !GIVEN_SECRET_PATTERN.test(deviceSecret)) return GIVEN_SECRET_RULE;
  return tagsProblem(tags);
}

function tagsProblem(tags: readonly string[]): string | undefined {
  if (tags.length > TAGS_MAX) return `a device may have ${TAGS_MAX} tags, not ${tags.length}`;
  const bad = tags.find((tag) => tag.length === 0 || tag.length > TAG_CHARS_MAX || !TAG_PATTERN.test(tag));
  return bad === undefined
    ? undefined
    : `the tag ${JSON.stringify(bad)} must be 1 to ${TAG_CHARS_MAX} letters, digits or any of _ . : = / @ -`;
}

function refuseProblem(problem: string | undefined): void {
  if (problem !== undefined) throw new DomainError('invalid-request', `Device not accepted: ${problem}.`);
}

export function createDeviceService(parts: Parts & { gateway: Gateway; revoked: RevokedDevices }) {
  const { store, clock, sealer, gateway, revoked } = parts;

  /** Its gateway, when it is a sub-device, is told. */
  const tell = (gatewayId: number | undefined, status: TopologyStatus, device: DeviceName) => {
    if (gatewayId !== undefined) gateway.topologyChanged({ gatewayId, status, devices: [device] });
  };

  const cutOff = (deviceId: number) => {
    revoked.add(deviceId);
    gateway.endSession(deviceId);
  };

  return {
    async create(
      actor: Actor,
      productKey: string,
      input: NewDeviceInput,
    ): Promise<{ device: Device; deviceSecret: string }> {
      const deed = { action: 'device.create', productKey, target: input.deviceName };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        refuseProblem(deviceProblem(input));
        const deviceSecret = input.deviceSecret ?? createSecret();
        const secretSealed = sealer.seal(devicePurpose(productKey, input.deviceName), deviceSecret);
        const at = clock.now().wallMs;
        const device = await writeAs(store, actor, async (tx) => {
          const product = await getProduct(tx, productKey);
          const { deviceName, tags } = input;
          const created = await tx.devices.create(product.id, { deviceName, tags, secretSealed }, at);
          await tx.audit.append(auditEntry(actor, deed, at, { tags: input.tags }));
          return created;
        });
        return { device, deviceSecret };
      });
    },

    async list(
      actor: Actor,
      productKey: string,
      filter: ListFilter,
      page: PageOf<string>,
    ): Promise<ListedDevice[]> {
      demand(actor, 'read');
      return store.read(async (tx) => listDevices(tx, (await getProduct(tx, productKey)).id, filter, page));
    },

    async get(actor: Actor, productKey: string, deviceName: string): Promise<DeviceWithDelivery> {
      demand(actor, 'read');
      return store.read((tx) => getDeviceWithDelivery(tx, productKey, deviceName));
    },

    async update(
      actor: Actor,
      productKey: string,
      deviceName: string,
      change: { tags?: readonly string[]; isEnabled?: boolean },
    ): Promise<Device> {
      const deed = { action: 'device.update', productKey, target: deviceName };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        refuseProblem(tagsProblem(change.tags ?? []));
        const at = clock.now().wallMs;
        const { before, after, gatewayId } = await writeAs(store, actor, async (tx) => {
          const product = await getProduct(tx, productKey);
          const found = await getDevice(tx, product, deviceName);
          await tx.devices.update(found.id, change);
          const changed = await getDevice(tx, product, deviceName);
          const detail = {
            before: { tags: found.tags, enabled: found.isEnabled },
            after: { tags: changed.tags, enabled: changed.isEnabled },
          };
          await tx.audit.append(auditEntry(actor, deed, at, detail));
          return { before: found, after: changed, gatewayId: await tx.devices.findGateway(found.id) };
        });
        if (before.isEnabled && !after.isEnabled) cutOff(after.id);
        if (before.isEnabled !== after.isEnabled)
          tell(gatewayId, after.isEnabled ? 'enabled' : 'disabled', { productKey, deviceName });
        return after;
      });
    },

    async remove(actor: Actor, productKey: string, deviceName: string): Promise<void> {
      const deed = { action: 'device.remove', productKey, target: deviceName };
      await recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        const { id, gatewayId } = await writeAs(store, actor, async (tx) => {
          const device = await getDevice(tx, await getProduct(tx, productKey), deviceName);
          const holder = await tx.devices.findGateway(device.id);
          await tx.devices.remove(device.id);
          await tx.audit.append(auditEntry(actor, deed, clock.now().wallMs, { tags: device.tags }));
          return { id: device.id, gatewayId: holder };
        });
        cutOff(id);
        tell(gatewayId, 'removed', { productKey, deviceName });
      });
    },

    /** A new secret, shown once. The old one stays good for a day unless `isImmediate`. */
    async rotateSecret(
      actor: Actor,
      productKey: string,
      deviceName: string,
      isImmediate: boolean,
    ): Promise<{ deviceSecret: string }> {
      const deed = { action: 'device.rotate-secret', productKey, target: deviceName };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'devices:write');
        const deviceSecret = createSecret();
        const at = clock.now().wallMs;
        const id = await writeAs(store, actor, async (tx) => {
          const device = await getDevice(tx, await getProduct(tx, productKey), deviceName);
          const sealed = sealer.seal(devicePurpose(productKey, deviceName), deviceSecret);
          await tx.devices.setSecret(device.id, sealed, isImmediate ? null : at + SECRET_OVERLAP_MS);
          await tx.audit.append(auditEntry(actor, deed, at, { immediate: isImmediate }));
          return device.id;
        });
        if (isImmediate) gateway.endSession(id);
        return { deviceSecret };
      });
    },

    async listDeliveries(
      actor: Actor,
      productKey: string,
      deviceName: string,
      page: PageOf<number>,
    ): Promise<DeliveryView[]> {
      demand(actor, 'read');
      return store.read(async (tx) => {
        const device = await getDevice(tx, await getProduct(tx, productKey), deviceName);
        return tx.deliveries.listOfDevice(device.id, page);
      });
    },
  };
}

async function listDevices(
  tx: Tx,
  productId: number,
  { deliveryState, ...rest }: ListFilter,
  page: PageOf<string>,
): Promise<ListedDevice[]> {
  const [newest] = await tx.rollouts.list(productId, { after: undefined, limit: 1 });
  // Without a rollout no device is anywhere in it.
  if (newest === undefined && deliveryState !== undefined) return [];
  const isIn = newest !== undefined && deliveryState !== undefined;
  const delivery = isIn ? { delivery: { rolloutId: newest.id, state: deliveryState } } : {};
  const devices = await tx.devices.list({ ...rest, ...delivery, productId }, page);
  const ids = devices.map(({ id }) => id);
  const states = newest === undefined ? undefined : await tx.deliveries.findStates(newest.id, ids);
  return devices.map((device) => ({ ...device, deliveryState: states?.get(device.id) ?? null }));
}

/** What the device should be running: its newest push that was not called off, else what it would get by asking. */
function wantedVersion(product: Product, deliveries: readonly Delivery[]): number {
  const pushed = deliveries.find(({ state }) => state !== 'cancelled' && state !== 'superseded');
  return Math.max(pushed?.version ?? 0, requestableVersion(product));
}
