/** Settings with the ETag they were read under: a write is refused when somebody else was quicker. */
import type { ProductView } from '@opencota/contract/http/products';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { type Settings, settingsOf } from './settings-fields.ts';

export type ReadSettings = { settings: Settings; etag: string; product: ProductView };

const at = (productKey: string) => `/products/${encodeURIComponent(productKey)}`;

/** Not read again by itself: a form does not change under the hands of who fills it in. */
export const settingsQuery = (productKey: string) =>
  queryOptions({
    queryKey: ['product', productKey, 'settings'],
    queryFn: () => readSettings(productKey),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });

async function readSettings(productKey: string): Promise<ReadSettings> {
  const response = await api.send({ method: 'GET', path: at(productKey) });
  // The contract says that this address answers a product.
  const product = (await response.json()) as ProductView;
  return { settings: settingsOf(product), etag: response.headers.get('etag') ?? '*', product };
}

export function writeSettings(productKey: string, change: Partial<Settings>, etag: string) {
  const headers = { 'if-match': etag };
  return api.json<ProductView>({ method: 'PATCH', path: at(productKey), json: change, headers });
}
