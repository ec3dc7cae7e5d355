/**
 * What every device message needs to know about its product, in memory.
 *
 * A request, a link check and a dispatch ask here and never the store (`style.md`: no round trip per
 * message). Whoever changes a product calls `refresh` after the commit and before the answer, so the
 * switch works at once; when that reading fails, the entry goes. Bounded: beyond the limit the entries that
 * were loaded first go.
 */
import { assert } from '../domain/errors.ts';
import { type Product, requestableVersion } from '../domain/product.ts';
import type { Store } from '../domain/store-port.ts';
import type { ConfigVersion } from '../domain/version.ts';

const PRODUCTS_KEPT_MAX = 10_000;

export type CachedProduct = {
  readonly product: Product;
  /** What a requesting device gets; undefined: nothing yet. */
  readonly requestable: ConfigVersion | undefined;
};

export interface ProductCache {
  /** From memory, or undefined when it must be loaded first. */
  peek(productId: number): CachedProduct | undefined;
  /** Loads when it must. Undefined: there is no such product. */
  get(productId: number): Promise<CachedProduct | undefined>;
  /** Loads again after a change; a product that is gone leaves the cache. */
  refresh(productId: number): Promise<void>;
}

export function createProductCache(store: Store): ProductCache {
  const kept = new Map<number, CachedProduct>();
  // Loads of one product run one after another, so that an older reading never overwrites a newer one.
  const loading = new Map<number, Promise<CachedProduct | undefined>>();

  const load = async (productId: number): Promise<CachedProduct | undefined> => {
    const found = await store.read(async (tx) => {
      const product = await tx.products.findById(productId);
      if (product === undefined) return undefined;
      const version = requestableVersion(product);
      return {
        product,
        requestable: version === 0 ? undefined : await tx.configs.findVersion(productId, version),
      };
    });
    kept.delete(productId);
    if (found === undefined) return undefined;
    if (kept.size >= PRODUCTS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(productId, found);
    return found;
  };
  const queueLoad = (productId: number): Promise<CachedProduct | undefined> => {
    const turn = (loading.get(productId) ?? Promise.resolve(undefined))
      .catch(() => undefined)
      .then(() => load(productId));
    loading.set(productId, turn);
    const forget = () => {
      if (loading.get(productId) === turn) loading.delete(productId);
    };
    turn.then(forget, () => {
      forget();
      // What changed is not known: nobody may go by the older reading.
      kept.delete(productId);
    });
    return turn;
  };
  return {
    peek: (productId) => kept.get(productId),
    async get(productId) {
      return kept.get(productId) ?? (await (loading.get(productId) ?? queueLoad(productId)));
    },
    async refresh(productId) {
      const found = await queueLoad(productId);
      assert(
        found === undefined || found.product.id === productId,
        'the cache holds a product under its own id',
      );
    },
  };
}
