/**
 * Next and previous in a list that knows only what comes after a place (keyset).
 *
 * The address holds the place, so that a reload and a link show the same devices. The way here (the places of the
 * pages before) goes with the browser's history entry: who comes by a link has none and starts over at the first page.
 */
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { type DeviceSearch, PAGE_SIZES, pageSizeOf } from './device-filter.ts';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The places of the pages before this one; the first page has none. */
    devicePages?: readonly string[];
  }
}

/** A person who goes on longer is looking for a filter. */
const PAGES_KEPT_MAX = 1_000;

type Props = {
  count: number;
  nextCursor: string | null;
  /** Of all devices; undefined: nobody counted. */
  total: number | undefined;
};

export function DevicePager({ count, nextCursor, total }: Props) {
  const { t } = useTranslation('devices');
  const search = useSearch({ from: '/in/products/$productKey/devices' });
  const navigate = useNavigate({ from: '/products/$productKey/devices' });
  const before = useRouterState({ select: ({ location }) => location.state.devicePages }) ?? [];
  const { cursor } = search;
  const go = (to: string | undefined, devicePages: readonly string[]) => {
    const { cursor: _place, ...rest } = search;
    const next: DeviceSearch = to === undefined ? rest : { ...rest, cursor: to };
    void navigate({ search: next, state: (state) => ({ ...state, devicePages }) });
  };
  if (count === 0 && cursor === undefined) return null;
  return (
    <nav className="spread device-pager" aria-label={t('pages')}>
      <span className="muted numbers" role="status">
        <Range count={count} total={total} pagesBefore={cursor === undefined ? 0 : before.length + 1} />
      </span>
      <div className="row">
        <Select
          aria-label={t('perPage')}
          value={pageSizeOf(search)}
          options={PAGE_SIZES.map((value) => ({ value, label: t('perPageCount', { count: value }) }))}
          onChange={(size) => {
            const { cursor: _place, size: _size, ...rest } = search;
            void navigate({ search: size === 100 ? { ...rest, size } : rest });
          }}
        />
        <Button disabled={cursor === undefined} onClick={() => go(undefined, [])}>
          {t('firstPage')}
        </Button>
        <Button disabled={cursor === undefined} onClick={() => go(before.at(-1), before.slice(0, -1))}>
          {t('previousPage')}
        </Button>
        <Button
          disabled={nextCursor === null}
          onClick={() =>
            nextCursor !== null &&
            go(nextCursor, cursor === undefined ? [] : [...before, cursor].slice(-PAGES_KEPT_MAX))
          }
        >
          {t('nextPage')}
        </Button>
      </div>
    </nav>
  );
}

type RangeProps = { count: number; total: number | undefined; pagesBefore: number };

/** Which devices of the list these are, where that is known. */
function Range({ count, total, pagesBefore }: RangeProps) {
  const { t } = useTranslation('devices');
  const search = useSearch({ from: '/in/products/$productKey/devices' });
  const history = useRouterState({ select: ({ location }) => location.state.devicePages });
  // Who came by a link to a later page: how many are before it nobody knows.
  const isPlaceKnown = search.cursor === undefined || history !== undefined;
  if (count === 0 || !isPlaceKnown) return t('onThisPage', { count });
  const from = pagesBefore * pageSizeOf(search) + 1;
  const to = from + count - 1;
  return total === undefined
    ? t('range', { from, to })
    : t('rangeOf', { from, to, total: Math.max(total, to) });
}
