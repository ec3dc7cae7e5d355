/** What most services are made of. Each takes only what it names. */
import type { Clock } from '../domain/clock.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { Store } from '../domain/store-port.ts';
import type { Events } from '../observe/events.ts';
import type { ProductCache } from './product-cache.ts';

export type Parts = {
  store: Store;
  clock: Clock;
  sealer: Sealer;
  products: ProductCache;
  events: Events;
};

/** What a box of a product's or device's secret is sealed for. */
export const productPurpose = (productKey: string) => `product:${productKey}`;
export const devicePurpose = (productKey: string, deviceName: string) => `device:${productKey}/${deviceName}`;
