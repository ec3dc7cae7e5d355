/** The devices of a rollout by state, those that failed first, each with its error in full. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Button, Empty } from 'antd';
import { useTranslation } from 'react-i18next';
import { DELIVERY_STATES } from '../../ui/delivery-states.ts';
import { numberFormat } from '../../ui/formats.ts';
import { QueryView } from '../../ui/query-view.tsx';
import { BAD_STATES } from '../../ui/states.tsx';
import { CsvDownload } from './csv-download.tsx';
import type { DeliveryFilter } from './delivery-filter.ts';
import { DeliveryTable } from './delivery-table.tsx';
import { partsOf } from './progress.ts';
import { deliveriesQuery } from './queries.ts';

type Props = { id: number; rollout: RolloutView; bad: number; isLive: boolean };

export function DeliveriesPanel({ id, rollout, bad, isLive }: Props) {
  const { t } = useTranslation(['rollouts', 'common']);
  const { state } = useSearch({ from: '/in/products/$productKey/rollouts/$id' });
  const filter: DeliveryFilter = state ?? (bad > 0 ? 'failing' : 'all');
  const query = useInfiniteQuery(deliveriesQuery(id, filter, isLive));
  const deliveries = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className="card stack" id="deliveries" aria-labelledby="deliveries-title">
      <div className="spread">
        <h2 id="deliveries-title" style={{ margin: 0 }}>
          {filter === 'failing' ? t('rollouts:deliveries.failing') : t('rollouts:deliveries.title')}
        </h2>
        <CsvDownload id={id} filter={filter} total={countOf(rollout, filter)} />
      </div>
      <Filters rollout={rollout} filter={filter} bad={bad} />
      <QueryView query={query}>
        {() =>
          deliveries.length === 0 ? (
            <Empty description={t('rollouts:deliveries.none')} />
          ) : (
            <DeliveryTable productKey={rollout.productKey} deliveries={deliveries} />
          )
        }
      </QueryView>
      {query.hasNextPage && (
        <div>
          <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
            {t('common:loadMore')}
          </Button>
        </div>
      )}
    </section>
  );
}

function countOf(rollout: RolloutView, filter: DeliveryFilter): number {
  const { total, bad } = partsOf(rollout);
  if (filter === 'all') return total;
  return filter === 'failing' ? bad : rollout.counters[filter];
}

type FiltersProps = { rollout: RolloutView; filter: DeliveryFilter; bad: number };

/** States that have devices, and the one that is shown. They are links: a filter is an address. */
function Filters({ rollout, filter, bad }: FiltersProps) {
  const { t, i18n } = useTranslation(['rollouts', 'states', 'common']);
  const { productKey, id, counters } = rollout;
  const number = numberFormat(i18n.language);
  const ordered = [...BAD_STATES, ...DELIVERY_STATES.filter((state) => !BAD_STATES.includes(state))];
  // One kind of failure alone is the same list as all that failed.
  const states = ordered.filter(
    (state) =>
      state === filter || (counters[state] > 0 && !(BAD_STATES.includes(state) && counters[state] === bad)),
  );
  const offered: DeliveryFilter[] = [...(bad > 0 ? ['failing' as const] : []), 'all', ...states];
  const nameOf = (each: DeliveryFilter) => {
    if (each === 'all') return t('rollouts:deliveries.all');
    return each === 'failing' ? t('rollouts:deliveries.failing') : t(`states:delivery.${each}`);
  };
  return (
    <nav className="row filters" aria-label={t('rollouts:deliveries.filters')}>
      {offered.map((each) => (
        <Link
          key={each}
          to="/products/$productKey/rollouts/$id"
          params={{ productKey, id: String(id) }}
          search={each === 'failing' ? {} : { state: each }}
          resetScroll={false}
          className={each === filter ? 'filter is-shown' : 'filter'}
          aria-current={each === filter ? 'true' : undefined}
        >
          {nameOf(each)} <span className="numbers">{number.format(countOf(rollout, each))}</span>
        </Link>
      ))}
    </nav>
  );
}
