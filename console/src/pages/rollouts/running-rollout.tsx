/** The newest rollout of a product in a few lines, for pages that are about more than it. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../../api/queries.ts';
import { QueryView } from '../../ui/query-view.tsx';
import { RolloutTag } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { isOver } from './progress.ts';
import { ProgressCounts } from './progress-counts.tsx';
import { rolloutQuery } from './queries.ts';
import { useReason } from './use-reason.ts';
import './rollouts.css';

const LIVE_MS = 3_000;
/** One that is over may be tried again by somebody else. */
const CHECK_MS = 15_000;

export function RunningRollout({ productKey }: { productKey: string }) {
  const { t } = useTranslation('rollouts');
  const product = useQuery(productQuery(productKey));
  return (
    <QueryView query={product}>
      {({ latestRollout }) =>
        latestRollout === null ? (
          <p className="muted" style={{ margin: 0 }}>
            {t('list.emptyText')}
          </p>
        ) : (
          <Newest id={latestRollout.id} />
        )
      }
    </QueryView>
  );
}

function Newest({ id }: { id: number }) {
  const query = useQuery({
    ...rolloutQuery(id),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isOver(data) ? CHECK_MS : LIVE_MS),
  });
  return <QueryView query={query}>{(rollout) => <Summary rollout={rollout} />}</QueryView>;
}

function Summary({ rollout }: { rollout: RolloutView }) {
  const { t } = useTranslation(['rollouts', 'common']);
  const reasonOf = useReason();
  const { id, productKey, version, createdAt, createdBy } = rollout;
  return (
    <div className="stack" style={{ gap: 10 }}>
      <div className="row">
        <Link
          to="/products/$productKey/rollouts/$id"
          params={{ productKey, id: String(id) }}
          className="rollout-name"
        >
          {t('rollouts:rollout.title', { id, number: version })}
        </Link>
        <RolloutTag {...rollout} />
        <span className="muted">
          <Time value={createdAt} /> {t('common:by', { name: createdBy })}
        </span>
      </div>
      <ProgressCounts rollout={rollout} />
      <p className="muted" style={{ margin: 0 }}>
        {reasonOf(rollout.reason)}
      </p>
    </div>
  );
}
