/**
 * Whether "send again now" can do something for a device, and if not, why: so that a person need not try. The
 * server decides by the same rules (`service/send-again.ts`).
 */
import type { DeliveryView, DeviceDetailView } from '@opencota/contract/http/devices';
import type { ProductView } from '@opencota/contract/http/products';
import type { Static } from 'typebox';

type Device = Pick<Static<typeof DeviceDetailView>, 'enabled' | 'downloadedVersion' | 'latestDelivery'>;
type Product = Pick<ProductView, 'enabled' | 'latestRollout'>;
type State = Static<typeof DeliveryView>['state'];

export type Unsendable =
  | 'nothingPushed'
  | 'switchOff'
  | 'rolloutOver'
  | 'disabled'
  | 'newer'
  | 'notPart'
  | 'underWay'
  | 'calledOff'
  | 'hasIt';

const REASONS: Readonly<Record<State, Unsendable | undefined>> = {
  pending: undefined,
  sent: 'underWay',
  received: 'underWay',
  downloaded: 'hasIt',
  applied: 'hasIt',
  failed: undefined,
  reverted: undefined,
  timedOut: undefined,
  unreached: undefined,
  cancelled: 'calledOff',
  superseded: 'calledOff',
};

/** @returns why not; undefined: it can be sent. */
export function whyNotSend(device: Device, { enabled, latestRollout }: Product): Unsendable | undefined {
  if (latestRollout === null) return 'nothingPushed';
  if (!enabled) return 'switchOff';
  if (latestRollout.state === 'cancelled' || latestRollout.state === 'superseded') return 'rolloutOver';
  if (!device.enabled) return 'disabled';
  if (device.downloadedVersion > latestRollout.version) return 'newer';
  const { latestDelivery } = device;
  if (latestDelivery === null || latestDelivery.rolloutId !== latestRollout.id) return 'notPart';
  return REASONS[latestDelivery.state];
}
