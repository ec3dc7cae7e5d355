/**
 * What the list of devices shows: the address says it, the server does it. The page never counts devices and
 * never holds more than one page of them, so that a million cost what fifty do.
 */
import type { Client } from '@opencota/contract/http/client';
import type { deviceSearch } from '../../search.ts';

export type DeviceSearch = ReturnType<typeof deviceSearch>;
export type DeviceQuery = NonNullable<Parameters<Client['devices']['list']>[1]>;

/** In the order in which the chips stand. */
export const FILTERS = ['search', 'version', 'state', 'tag', 'online', 'enabled'] as const;
export type FilterName = (typeof FILTERS)[number];

export const PAGE_SIZES = [50, 100] as const;
const PAGE_SIZE = PAGE_SIZES[0];

export function pageSizeOf({ size }: DeviceSearch): number {
  return size ?? PAGE_SIZE;
}

export function queryOf(search: DeviceSearch): DeviceQuery {
  const { search: prefix, tag, online, version, enabled, state, cursor } = search;
  return {
    limit: pageSizeOf(search),
    ...(cursor !== undefined && { cursor }),
    ...(prefix !== undefined && { search: prefix }),
    ...(tag !== undefined && { tag }),
    ...(online !== undefined && { online }),
    ...(version !== undefined && { version: String(version) }),
    ...(enabled !== undefined && { enabled }),
    ...(state !== undefined && { state }),
  };
}

/** The filters that are set. */
export function filtersOf(search: DeviceSearch): FilterName[] {
  return FILTERS.filter((name) => search[name] !== undefined);
}

/** Another filter, from the first page on: a place in the old list means nothing in the new one. */
export function withFilters(
  { cursor: _place, ...search }: DeviceSearch,
  change: { [Name in FilterName]?: DeviceSearch[Name] | undefined },
): DeviceSearch {
  // Members that became undefined leave the address.
  return Object.fromEntries(
    Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined),
  );
}

export function withoutFilters({ size }: DeviceSearch): DeviceSearch {
  return size === undefined ? {} : { size };
}
