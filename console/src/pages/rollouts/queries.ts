/** What the pages about pushing read. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { type DeliveryFilter, listDeliveries } from './delivery-filter.ts';

const LIVE_MS = 5_000;
const DELIVERIES_PER_PAGE = 50;
/** More pages than this are not read again by themselves. */
const LIVE_PAGES_MAX = 2;

export const rolloutQuery = (id: number) =>
  queryOptions({ queryKey: ['rollout', id], queryFn: () => api.rollouts.get(id) });

export const previewQuery = (productKey: string, number: number) =>
  queryOptions({
    queryKey: ['product', productKey, 'preview', number],
    queryFn: () => api.rollouts.preview(productKey, number),
    refetchInterval: LIVE_MS,
  });

/** Two versions never change, and so never does what lies between them. */
export const diffQuery = (productKey: string, from: number, to: number) =>
  queryOptions({
    queryKey: ['product', productKey, 'diff', from, to],
    queryFn: () => api.versions.diff(productKey, { from, to }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const deliveriesQuery = (id: number, filter: DeliveryFilter, isLive: boolean) =>
  infiniteQueryOptions({
    queryKey: ['rollout', id, 'deliveries', filter],
    queryFn: ({ pageParam }) =>
      listDeliveries(api.rollouts.listDeliveries, {
        id,
        filter,
        limit: DELIVERIES_PER_PAGE,
        cursor: pageParam,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      isLive && (data?.pages.length ?? 0) <= LIVE_PAGES_MAX ? LIVE_MS : false,
  });
