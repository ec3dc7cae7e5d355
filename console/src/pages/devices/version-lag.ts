/**
 * Whether a device has what it should have.
 *
 * The page of one device knows what the server wants of it; in the list, where that would cost a look at each
 * device's deliveries, it is measured against what was last pushed to the product.
 */
import type { DeviceDetailView, DeviceListView } from '@opencota/contract/http/devices';
import type { ProductView } from '@opencota/contract/http/products';
import type { Static } from 'typebox';

/** The version that a device of the list lags behind; undefined: it does not. */
export function lagsBehind(
  { downloadedVersion }: Pick<DeviceListView, 'downloadedVersion'>,
  { rolledOutVersion }: Pick<ProductView, 'rolledOutVersion'>,
): number | undefined {
  return downloadedVersion < rolledOutVersion ? rolledOutVersion : undefined;
}

export type Versions = Pick<
  Static<typeof DeviceDetailView>,
  'wantedVersion' | 'downloadedVersion' | 'confirmedVersion' | 'latestDelivery'
>;

/**
 * `nothingWanted`: there is no version for it yet. `behind`: it has not downloaded what it should run. `ahead`: it
 * runs a higher one than is wanted, and stays there. `refused`: it tried what is wanted and said no.
 * `unconfirmed`: it has it, but never said that it runs it.
 */
export type Standing = 'nothingWanted' | 'behind' | 'ahead' | 'refused' | 'unconfirmed' | 'upToDate';

export function standingOf(device: Versions): Standing {
  const { wantedVersion, downloadedVersion, confirmedVersion, latestDelivery } = device;
  if (downloadedVersion > wantedVersion) return 'ahead';
  if (wantedVersion === 0) return 'nothingWanted';
  const hasRefused = latestDelivery?.state === 'failed' || latestDelivery?.state === 'reverted';
  if (hasRefused && latestDelivery.version === wantedVersion) return 'refused';
  if (downloadedVersion < wantedVersion) return 'behind';
  return confirmedVersion < wantedVersion ? 'unconfirmed' : 'upToDate';
}
