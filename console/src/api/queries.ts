/**
 * What pages read, each under a key that names the resource: a page that changes something invalidates by
 * the same key.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

/** Numbers that move by themselves are read again this often. */
const LIVE_MS = 5_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => api.session.get(),
  staleTime: 60_000,
});

export const serverQuery = queryOptions({
  queryKey: ['server'],
  queryFn: () => api.server.get(),
  staleTime: 60_000,
});

export const productsQuery = infiniteQueryOptions({
  queryKey: ['products'],
  queryFn: ({ pageParam }) => api.products.list({ limit: 100, cursor: pageParam }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
  refetchInterval: LIVE_MS,
});

export const productQuery = (productKey: string) =>
  queryOptions({
    queryKey: ['product', productKey],
    queryFn: () => api.products.get(productKey),
    refetchInterval: LIVE_MS,
  });

export const versionsQuery = (productKey: string) =>
  infiniteQueryOptions({
    queryKey: ['product', productKey, 'versions'],
    queryFn: ({ pageParam }) =>
      // The latest five first, then further back in larger steps (R6).
      api.versions.list(productKey, { limit: pageParam === undefined ? 5 : 20, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

export const versionQuery = (productKey: string, number: number) =>
  queryOptions({
    queryKey: ['product', productKey, 'version', number],
    queryFn: () => api.versions.get(productKey, number),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const versionContentQuery = (productKey: string, number: number) =>
  queryOptions({
    queryKey: ['product', productKey, 'version', number, 'content'],
    queryFn: async () => new TextDecoder().decode(await api.versions.content(productKey, number)),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const rolloutsQuery = (productKey: string) =>
  infiniteQueryOptions({
    queryKey: ['product', productKey, 'rollouts'],
    queryFn: ({ pageParam }) => api.rollouts.list(productKey, { limit: 20, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
