/** The schema of a product, as text; null: it has none. */
import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { hasCode } from '../../api/problem.ts';
import { NOTHING_ETAG } from './opening.ts';

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

/** The ETag of what stands in the way of a write; undefined: nothing does. */
export function staleEtag(error: unknown): string | undefined {
  if (!hasCode(error, 'precondition-failed')) return undefined;
  return `"${String(error.members.currentRevision)}"`;
}

/** A removed schema keeps its revision, which only the refusal tells: where there is still none, it is no obstacle. */
export async function writeSchema(productKey: string, content: string, etag: string) {
  try {
    return await api.schemas.put(productKey, { content, etag });
  } catch (error) {
    const heldEtag = staleEtag(error);
    if (heldEtag === undefined || etag !== NOTHING_ETAG || (await readSchema(productKey)) !== null)
      throw error;
    return api.schemas.put(productKey, { content, etag: heldEtag });
  }
}
