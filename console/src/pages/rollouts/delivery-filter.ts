/**
 * Which deliveries are shown: of one state, of all, or all that went wrong.
 *
 * The API lists by one state or none. "Went wrong" is four states read one after the other; its cursor names
 * the state that it is in.
 */
import type { Client } from '@opencota/contract/http/client';
import type { DeliveryState } from '../../ui/states.tsx';

export type DeliveryFilter = DeliveryState | 'all' | 'failing';

type List = Client['rollouts']['listDeliveries'];
type Page = Awaited<ReturnType<List>>;
type Options = { id: number; filter: DeliveryFilter; limit: number; cursor: string | undefined };

const FAILING_STATES: readonly DeliveryState[] = ['failed', 'reverted', 'timedOut', 'unreached'];

export async function listDeliveries(list: List, { id, filter, limit, cursor }: Options): Promise<Page> {
  if (filter === 'failing') return listFailing(list, { id, limit, cursor });
  return list(id, { limit, cursor, ...(filter === 'all' ? {} : { state: filter }) });
}

/** @returns a full page, or what is left. */
async function listFailing(list: List, { id, limit, cursor = '' }: Omit<Options, 'filter'>): Promise<Page> {
  const items: Page['items'] = [];
  const place = readPlace(cursor);
  let after = place.after;
  for (const state of FAILING_STATES.slice(place.index)) {
    const page = await list(id, { state, limit: limit - items.length, cursor: after });
    items.push(...page.items);
    if (page.nextCursor !== null) return { items, nextCursor: `${state} ${page.nextCursor}` };
    const next = FAILING_STATES[FAILING_STATES.indexOf(state) + 1];
    if (items.length === limit && next !== undefined) return { items, nextCursor: `${next} ` };
    after = undefined;
  }
  return { items, nextCursor: null };
}

function readPlace(cursor: string): { index: number; after: string | undefined } {
  const blank = cursor.indexOf(' ');
  const index = FAILING_STATES.map(String).indexOf(cursor.slice(0, Math.max(0, blank)));
  return { index: Math.max(0, index), after: cursor.slice(blank + 1) || undefined };
}
