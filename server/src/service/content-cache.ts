/**
 * The bytes of versions that devices download, in memory. A version is immutable, so an entry is never stale.
 * A fleet that asks for a new one all at once has it read from the store once.
 */
import type { Store } from '../domain/store-port.ts';

/** Enough for sixty-four versions of the largest size. */
const CONTENT_BYTES_KEPT_MAX = 64 * 1024 * 1024;

export interface ContentCache {
  peek(productId: number, version: number): Uint8Array | undefined;
  /** Undefined: there is no such version (any more). */
  get(productId: number, version: number): Promise<Uint8Array | undefined>;
}

export function createContentCache(store: Store): ContentCache {
  const kept = new Map<string, Uint8Array>();
  const loading = new Map<string, Promise<Uint8Array | undefined>>();
  let keptBytes = 0;
  const keep = (key: string, content: Uint8Array) => {
    if (kept.has(key)) return;
    kept.set(key, content);
    keptBytes += content.length;
    for (const [oldest, bytes] of kept) {
      if (keptBytes <= CONTENT_BYTES_KEPT_MAX || oldest === key) break;
      kept.delete(oldest);
      keptBytes -= bytes.length;
    }
  };
  const load = async (productId: number, version: number): Promise<Uint8Array | undefined> => {
    const key = keyOf(productId, version);
    try {
      const content = await store.read((tx) => tx.configs.findContent(productId, version));
      if (content !== undefined) keep(key, content);
      return content;
    } finally {
      loading.delete(key);
    }
  };
  return {
    peek: (productId, version) => kept.get(keyOf(productId, version)),
    async get(productId, version) {
      const key = keyOf(productId, version);
      const known = kept.get(key) ?? loading.get(key);
      if (known !== undefined) return known;
      const turn = load(productId, version);
      loading.set(key, turn);
      return turn;
    },
  };
}

const keyOf = (productId: number, version: number) => `${productId} ${version}`;
