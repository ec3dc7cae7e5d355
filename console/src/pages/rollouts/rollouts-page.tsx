/** Every push of a product, the newest first. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { rolloutsQuery } from '../../api/queries.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { RolloutTag } from '../../ui/states.tsx';
import { Duration, Time, useNow } from '../../ui/time.tsx';
import { isOver, secondsOf } from './progress.ts';
import { ProgressCounts } from './progress-counts.tsx';
import './rollouts.css';

const LIVE_MS = 5_000;

export function RolloutsPage() {
  const { t } = useTranslation(['rollouts', 'common']);
  const { productKey } = useParams({ from: '/in/products/$productKey/rollouts' });
  const query = useInfiniteQuery({
    ...rolloutsQuery(productKey),
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some(({ items }) => items.some((rollout) => !isOver(rollout))) ? LIVE_MS : false,
  });
  const rollouts = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <PageHeader title={t('common:rollouts')} about={t('rollouts:list.about')} />
      <QueryView query={query}>
        {() =>
          rollouts.length === 0 ? (
            <NoRollouts productKey={productKey} />
          ) : (
            <ul className="rollout-list" aria-label={t('common:rollouts')}>
              {rollouts.map((rollout) => (
                <RolloutRow key={rollout.id} rollout={rollout} />
              ))}
            </ul>
          )
        }
      </QueryView>
      {query.hasNextPage && (
        <Button
          style={{ marginTop: 16 }}
          onClick={() => void query.fetchNextPage()}
          loading={query.isFetchingNextPage}
        >
          {t('common:loadMore')}
        </Button>
      )}
    </>
  );
}

function RolloutRow({ rollout }: { rollout: RolloutView }) {
  const { t } = useTranslation(['rollouts', 'common']);
  const now = useNow();
  const { id, productKey, version, createdAt, createdBy, note, endedAt } = rollout;
  return (
    <li className="card rollout-row">
      <div>
        <div className="row" style={{ gap: 8 }}>
          <Link
            to="/products/$productKey/rollouts/$id"
            params={{ productKey, id: String(id) }}
            className="rollout-name"
          >
            {t('rollouts:rollout.title', { id, number: version })}
          </Link>
          <RolloutTag {...rollout} />
        </div>
        {note !== '' && <div className="rollout-note">{note}</div>}
      </div>
      <ProgressCounts rollout={rollout} />
      <div>
        <Time value={createdAt} /> <span className="muted">{t('common:by', { name: createdBy })}</span>
        <div className="muted">
          {endedAt === null ? t('rollouts:facts.runningFor') : t('rollouts:facts.took')}{' '}
          <Duration seconds={secondsOf(rollout, now)} />
        </div>
      </div>
    </li>
  );
}

function NoRollouts({ productKey }: { productKey: string }) {
  const { t } = useTranslation('rollouts');
  return (
    <section className="card stack" style={{ maxWidth: 760 }}>
      <h2 style={{ margin: 0 }}>{t('list.emptyTitle')}</h2>
      <p style={{ margin: 0 }}>{t('list.emptyText')}</p>
      <div>
        <LinkButton to="/products/$productKey/versions" params={{ productKey }}>
          {t('list.emptyAction')}
        </LinkButton>
      </div>
    </section>
  );
}
