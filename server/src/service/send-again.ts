/**
 * One device, now: its delivery of the product's newest rollout is opened again, or its next try brought forward.
 *
 * What `retry-failed` does for all devices of a rollout, under the same rules: not a new push (R11), only of the
 * newest rollout, never of one that was cancelled. It ends with a due delivery; the reconciler hands it over.
 */
import { type Delivery, RETRYABLE_STATES } from '../domain/delivery.ts';
import type { Device } from '../domain/device.ts';
import { DomainError } from '../domain/errors.ts';
import type { Actor } from '../domain/people.ts';
import { ROLLOUT_ACTIONS, type Rollout } from '../domain/rollout.ts';
import type { Tx } from '../domain/store-port.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { type DeviceWithDelivery, getDevice, getDeviceWithDelivery } from './devices.ts';
import type { Parts } from './parts.ts';
import { demandSwitchOn, getProduct } from './products.ts';
import { extendedDeadline } from './rollouts.ts';
import { writeAs } from './write-as.ts';

export interface SendAgain {
  /**
   * Refuses `rollout-not-found` where nothing was pushed yet, `switch-off`, and `action-not-allowed` when the device
   * has it already, has just been handed it, or is not to get it.
   */
  send(actor: Actor, productKey: string, deviceName: string): Promise<DeviceWithDelivery>;
}

export function createSendAgain(parts: Parts & { carryOn(): Promise<void> }): SendAgain {
  const { store, clock, carryOn } = parts;
  return {
    async send(actor, productKey, deviceName) {
      const deed = { action: 'device.send', productKey, target: deviceName };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'rollouts:write');
        const now = clock.now();
        await writeAs(store, actor, async (tx) => {
          const product = await getProduct(tx, productKey);
          const device = await getDevice(tx, product, deviceName);
          demandSwitchOn(product);
          const rollout = await getNewestRollout(tx, product.id, productKey);
          const delivery = await tx.deliveries.find(rollout.id, device.id);
          const { id, state } = demandSendable(rollout, device, delivery);
          await tx.rollouts.revive(rollout.id, extendedDeadline(rollout, now));
          await tx.deliveries.sendAgain(id, now);
          const detail = { rollout: rollout.id, version: rollout.version, before: state };
          await tx.audit.append(auditEntry(actor, deed, now.wallMs, detail));
        });
        await carryOn();
        return store.read((tx) => getDeviceWithDelivery(tx, productKey, deviceName));
      });
    },
  };
}

async function getNewestRollout(tx: Tx, productId: number, productKey: string): Promise<Rollout> {
  const [newest] = await tx.rollouts.list(productId, { after: undefined, limit: 1 });
  if (newest === undefined)
    throw new DomainError(
      'rollout-not-found',
      `Nothing was pushed to product ${productKey} yet, so there is nothing to send again.`,
    );
  return newest;
}

/** @returns the delivery, failed or pending; refuses with the reason why it is not to be sent. */
function demandSendable(rollout: Rollout, device: Device, delivery: Delivery | undefined): Delivery {
  const refuse = (why: string): never => {
    const detail = {
      rolloutId: rollout.id,
      rolloutState: rollout.state,
      deliveryState: delivery?.state ?? null,
    };
    throw new DomainError('action-not-allowed', why, detail);
  };
  if (!ROLLOUT_ACTIONS[rollout.state].includes('retry-failed'))
    return refuse(`Rollout ${rollout.id}, the newest, was ${rollout.state}. Push again to send its version.`);
  if (!device.isEnabled) return refuse(`${device.deviceName} is disabled. Enable it first.`);
  // The claim would find it so and supersede the delivery (P4).
  if (device.downloadedVersion > rollout.version)
    return refuse(
      `${device.deviceName} has version ${device.downloadedVersion}, which is newer than that push.`,
    );
  if (delivery === undefined) return refuse(sayMissing(rollout, device));
  if (delivery.state === 'pending' || RETRYABLE_STATES.some((state) => state === delivery.state))
    return delivery;
  return refuse(sayUnsendable(rollout, device, delivery));
}

function sayMissing(rollout: Rollout, { id, deviceName }: Device): string {
  if (!rollout.isExpanded && id > rollout.expandedTo && id <= rollout.deviceIdMax)
    return `Rollout ${rollout.id} is being prepared and gets to ${deviceName} by itself.`;
  return `${deviceName} is not part of rollout ${rollout.id}: it was registered or enabled after that push. It gets a version when it asks, or with the next push.`;
}

function sayUnsendable(
  { id, version }: Rollout,
  { deviceName }: Device,
  { state, isOpen }: Delivery,
): string {
  switch (state) {
    case 'sent':
    case 'received':
      return `Version ${version} was handed to ${deviceName} and its answer is awaited. Without one it is sent again by itself.`;
    case 'cancelled':
    case 'superseded':
      return `The delivery of rollout ${id} to ${deviceName} was ${state}: it is not to get version ${version} any more.`;
    default:
      return isOpen
        ? `${deviceName} has downloaded version ${version} and its confirmation is awaited.`
        : `${deviceName} has version ${version} already.`;
  }
}
