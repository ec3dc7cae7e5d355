/** The schema of a product, as text; null: it has none. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { hasCode } from '../../api/problem.ts';

export type SchemaText = { readonly text: string; readonly etag: string } | null;

export const schemaQuery = (productKey: string) =>
  queryOptions({
    queryKey: ['product', productKey, 'schema'],
    queryFn: () => readSchema(productKey),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });

export async function readSchema(productKey: string): Promise<SchemaText> {
  try {
    const { content, etag } = await api.schemas.get(productKey);
    return { text: new TextDecoder().decode(content), etag };
  } catch (error) {
    if (hasCode(error, 'not-found')) return null;
    throw error;
  }
}
