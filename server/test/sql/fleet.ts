/** A small fleet on a real store, and what may happen to it: devices, operators, replicas, time. */
import assert from 'node:assert/strict';
import { messageIdOf } from '../../src/domain/delivery.ts';
import type { Device, DeviceReport } from '../../src/domain/device.ts';
import { type Decision, plan } from '../../src/domain/planner.ts';
import type { Product } from '../../src/domain/product.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { ClaimedDelivery, DeliveryView, Store } from '../../src/domain/store-port.ts';
import {
  at,
  connect,
  createDevices,
  disconnect,
  findProduct,
  findRollout,
  HERE,
  namesOf,
  SECRET,
  SETTINGS,
  saveVersion,
  startRollout,
  THERE,
} from '../conformance/store-bench.ts';

const DEVICES = 8;
const ROLLOUTS_MAX = 3;
/** Small, so that every loop over batches is a loop. */
const BATCH = 3;
const DEADLINE_MS = 1_000_000;
const REPLICAS = [HERE, THERE] as const;

export type Handed = ClaimedDelivery & { rollout: Rollout; replica: string };

export type Fleet = {
  store: Store;
  product: Product;
  devices: Device[];
  /** Which replica holds which device: what the store must say too. */
  online: Map<number, string>;
  rollouts: Rollout[];
  handed: Handed[];
  /** Service time. */
  now: number;
  /** Deliveries as they were after the step before, and whether a retry happened since. */
  before: Map<number, DeliveryView>;
  retried: boolean;
};

export async function createFleet(store: Store, productKey: string): Promise<Fleet> {
  const product = await store.write((tx) =>
    tx.products.create({ productKey, secretSealed: SECRET, settings: SETTINGS, createdAt: 1 }),
  );
  const devices = await createDevices(store, product, namesOf(DEVICES));
  await saveVersion(store, product);
  const fleet: Fleet = {
    store,
    product,
    devices,
    online: new Map(),
    rollouts: [],
    handed: [],
    now: 0,
    before: new Map(),
    retried: false,
  };
  for (const device of devices.slice(0, DEVICES / 2)) await STEPS.connect(fleet, devices.indexOf(device), 0);
  await STEPS.push(fleet, 0, 0);
  return fleet;
}

/** A step takes two numbers that choose among what there is. */
type Step = (fleet: Fleet, one: number, other: number) => Promise<void>;
export type StepName =
  | 'connect'
  | 'disconnect'
  | 'killReplica'
  | 'removeDevice'
  | 'push'
  | 'expand'
  | 'claim'
  | 'unclaim'
  | 'expire'
  | 'report'
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'retry'
  | 'switchOff'
  | 'switchOn'
  | 'wait'
  | 'passDeadline'
  | 'turn';

export const STEPS: Readonly<Record<StepName, Step>> = {
  async connect(fleet, one, other) {
    const device = pick(fleet.devices, one);
    if (device === undefined) return;
    const replica = pick(REPLICAS, other)!;
    await connect(fleet.store, [device], replica, at(fleet.now));
    fleet.online.set(device.id, replica);
  },
  async disconnect(fleet, one, other) {
    const device = pick(fleet.devices, one);
    if (device === undefined) return;
    const replica = pick(REPLICAS, other)!;
    await disconnect(fleet.store, [device], replica, at(fleet.now));
    if (fleet.online.get(device.id) === replica) fleet.online.delete(device.id);
  },
  /** The other replica finds the sessions of the killed one, in this product as in every other. */
  async killReplica(fleet, one) {
    const live = pick(REPLICAS, one)!;
    while ((await fleet.store.write((tx) => tx.sessions.endStale(live, BATCH, at(fleet.now)))) > 0);
    for (const [device, replica] of fleet.online) if (replica !== live) fleet.online.delete(device);
  },
  async removeDevice(fleet, one) {
    const device = pick(fleet.devices, one);
    if (device === undefined || one % 4 > 0) return;
    await fleet.store.write((tx) => tx.devices.remove(device.id));
    fleet.devices.splice(fleet.devices.indexOf(device), 1);
    fleet.online.delete(device.id);
  },
  async push(fleet, one, other) {
    if (fleet.rollouts.length >= ROLLOUTS_MAX) return;
    const version = one % 2 === 0 ? (await saveVersion(fleet.store, fleet.product)).number : 1;
    const doneWhen = other % 2 === 0 ? 'downloaded' : 'applied';
    const times = { startedMs: fleet.now, deadlineMs: fleet.now + DEADLINE_MS };
    fleet.rollouts.push(await startRollout(fleet.store, fleet.product, { version, doneWhen, ...times }));
  },
  async expand(fleet, one, other) {
    const rollout = pick(fleet.rollouts, one)!;
    await fleet.store.write((tx) => tx.deliveries.expand(rollout.id, 1 + (other % BATCH), at(fleet.now)));
  },
  claim: (fleet, one, other) => claim(fleet, pick(fleet.rollouts, one)!, pick(REPLICAS, other)!),
  async unclaim(fleet, one) {
    const handed = pick(fleet.handed, one);
    if (handed === undefined) return;
    await fleet.store.write((tx) => tx.deliveries.unclaim([handed], at(fleet.now)));
  },
  async expire(fleet, one, other) {
    const { id } = pick(fleet.rollouts, one)!;
    const jitter = (other % 100) / 100;
    await fleet.store.write((tx) => tx.deliveries.expire(id, BATCH, at(fleet.now), jitter));
  },
  async report(fleet, one, other) {
    const handed = pick(fleet.handed, one);
    // One in eight comes from another device, which got hold of the number.
    const device =
      other % 8 === 0
        ? pick(fleet.devices, other)
        : fleet.devices.find((each) => each.id === handed?.deviceId);
    if (handed === undefined || device === undefined) return;
    const report = reportOf(handed, device, fleet.now, other);
    await fleet.store.write((tx) => tx.deliveries.record([report], at(fleet.now)));
  },
  async pause(fleet, one) {
    const { id } = pick(fleet.rollouts, one)!;
    await fleet.store.write((tx) => tx.rollouts.pause(id, 'operator'));
  },
  async resume(fleet, one) {
    const { id } = pick(fleet.rollouts, one)!;
    await fleet.store.write((tx) => tx.rollouts.resume(id));
  },
  async cancel(fleet, one) {
    const { id } = pick(fleet.rollouts, one)!;
    await fleet.store.write((tx) => tx.rollouts.cancel(id, 1));
  },
  /** Only the newest rollout of a product is ever tried again: that is its caller's rule. */
  async retry(fleet, _, other) {
    const { id } = fleet.rollouts.at(-1)!;
    const deadline = other % 2 === 0 ? null : { ms: fleet.now + DEADLINE_MS, at: 9 };
    await fleet.store.write((tx) => tx.rollouts.reopen(id, deadline));
    fleet.retried = true;
  },
  switchOff: (fleet) => setSwitch(fleet, false),
  switchOn: (fleet) => setSwitch(fleet, true),
  async wait(fleet, one, other) {
    fleet.now += one * (1 + (other % 200));
  },
  async passDeadline(fleet) {
    fleet.now += DEADLINE_MS;
  },
  async turn(fleet, one) {
    await takeTurn(fleet, one);
  },
};

function pick<T>(items: readonly T[], number: number): T | undefined {
  return items[number % items.length];
}

async function setSwitch(fleet: Fleet, isEnabled: boolean): Promise<void> {
  await fleet.store.write(async (tx) => {
    await tx.products.update(fleet.product.id, { ...SETTINGS, isEnabled });
    if (!isEnabled) await tx.rollouts.pauseAll(fleet.product.id, 'switch-off');
  });
}

function reportOf(handed: Handed, device: Device, now: number, choice: number): DeviceReport {
  const base = { deviceId: device.id, productId: device.productId, at: at(now).wallMs };
  const messageId = messageIdOf(handed.id, handed.attempt);
  const reply = { ...base, kind: 'replied', messageId, message: 'm', version: null } as const;
  switch (choice % 7) {
    case 0:
    case 1:
      return { ...base, kind: 'received', messageId };
    case 2:
    case 3:
      return { ...base, kind: 'downloaded', version: handed.rollout.version, deliveryId: handed.id };
    case 4:
      return { ...reply, code: 200 };
    case 5:
      return { ...reply, code: choice % 2 === 0 ? 100_001 : 100_010 };
    default:
      return { ...reply, messageId: null, code: 400 };
  }
}

async function claim(fleet: Fleet, rollout: Rollout, replica: string): Promise<void> {
  const claims = await fleet.store.write((tx) =>
    tx.deliveries.claimDue(rollout.id, replica, BATCH, at(fleet.now)),
  );
  for (const each of claims) {
    assert.equal(fleet.online.get(each.deviceId), replica, 'a replica claims for devices it holds');
    fleet.handed.push({ ...each, rollout, replica });
  }
}

/** One turn of a replica's loop: plans each rollout at work and carries the plan out. @returns how many were. */
export async function takeTurn(fleet: Fleet, number: number): Promise<number> {
  const atWork = await fleet.store.read((tx) => tx.rollouts.listAtWork({ after: undefined, limit: 10_000 }));
  const own = atWork.filter((rollout) => rollout.productId === fleet.product.id);
  for (const { id } of own) {
    const snapshot = {
      rollout: await findRollout(fleet.store, id),
      progress: await fleet.store.read((tx) => tx.rollouts.findProgress(id)),
      product: await findProduct(fleet.store, fleet.product),
    };
    for (const decision of plan(snapshot, fleet.now))
      await carryOut(fleet, snapshot.rollout, decision, pick(REPLICAS, number)!);
  }
  return own.length;
}

async function carryOut(fleet: Fleet, rollout: Rollout, decision: Decision, replica: string): Promise<void> {
  const { store } = fleet;
  const now = at(fleet.now);
  switch (decision.kind) {
    case 'pause':
      return store.write((tx) => tx.rollouts.pause(rollout.id, decision.because));
    case 'expand':
      return void (await store.write((tx) => tx.deliveries.expand(rollout.id, BATCH, now)));
    case 'reopen':
      return void (await store.write((tx) => tx.deliveries.reopen(rollout.id, BATCH, now)));
    case 'dispatch':
      return claim(fleet, rollout, replica);
    case 'expire':
      return void (await store.write((tx) => tx.deliveries.expire(rollout.id, BATCH, now, 0.5)));
    case 'close':
      return void (await store.write((tx) => tx.deliveries.close(rollout.id, decision.as, BATCH, now)));
    case 'complete':
      return void (await store.write((tx) => tx.rollouts.complete(rollout.id, 1)));
    case 'wait':
      return;
    default:
      return decision satisfies never;
  }
}
