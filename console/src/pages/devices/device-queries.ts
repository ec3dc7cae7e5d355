/** What the pages of devices read, under keys below the product's. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { type DeviceSearch, queryOf } from './device-filter.ts';

const LIVE_MS = 5_000;
const DELIVERIES_PER_PAGE = 20;

export const devicesQuery = (productKey: string, search: DeviceSearch) =>
  queryOptions({
    queryKey: ['product', productKey, 'devices', queryOf(search)],
    queryFn: () => api.devices.list(productKey, queryOf(search)),
    refetchInterval: LIVE_MS,
    // The page before stays until the next one is there.
    placeholderData: keepPreviousData,
  });

export const deviceKey = (productKey: string, deviceName: string) =>
  ['product', productKey, 'device', deviceName] as const;

export const deviceQuery = (productKey: string, deviceName: string) =>
  queryOptions({
    queryKey: deviceKey(productKey, deviceName),
    queryFn: () => api.devices.get(productKey, deviceName),
    refetchInterval: LIVE_MS,
  });

export const deviceDeliveriesQuery = (productKey: string, deviceName: string) =>
  infiniteQueryOptions({
    queryKey: [...deviceKey(productKey, deviceName), 'deliveries'],
    queryFn: ({ pageParam }) =>
      api.devices.listDeliveries(productKey, deviceName, { limit: DELIVERIES_PER_PAGE, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: LIVE_MS,
  });

export type DeviceDetail = Awaited<ReturnType<typeof api.devices.get>>;
