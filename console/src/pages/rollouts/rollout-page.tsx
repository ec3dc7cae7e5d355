/** One rollout: how far it is, what it waits for, which devices failed and why, and what can be done about it. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { NotFoundPage } from '../../app/failure-page.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { RolloutTag } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { DeliveriesPanel } from './deliveries-panel.tsx';
import { LiveMark } from './live-mark.tsx';
import { badOf, isOver } from './progress.ts';
import { RolloutActions } from './rollout-actions.tsx';
import { RolloutFacts } from './rollout-facts.tsx';
import { RolloutProgress } from './rollout-progress.tsx';
import { type LiveState, useLiveRollout } from './use-live-rollout.ts';
import './rollouts.css';

export function RolloutPage() {
  const { productKey, id } = useParams({ from: '/in/products/$productKey/rollouts/$id' });
  const { query, live } = useLiveRollout(Number(id));
  const isElsewhere = query.data !== undefined && query.data.productKey !== productKey;
  if (isElsewhere || hasCode(query.error, 'rollout-not-found', 'invalid-request')) return <NotFoundPage />;
  return <QueryView query={query}>{(rollout) => <Rollout rollout={rollout} live={live} />}</QueryView>;
}

function Rollout({ rollout, live }: { rollout: RolloutView; live: LiveState }) {
  const { t } = useTranslation(['rollouts', 'states']);
  const { id, version, createdAt, createdBy } = rollout;
  return (
    <>
      <PageHeader
        name={t('rollouts:rollout.title', { id, number: version })}
        title={
          <span className="row">
            {t('rollouts:rollout.title', { id, number: version })}
            <RolloutTag {...rollout} />
            <LiveMark live={live} />
          </span>
        }
        about={
          <>
            {t('rollouts:rollout.startedBy', { name: createdBy })} · <Time value={createdAt} />
          </>
        }
        actions={<RolloutActions rollout={rollout} />}
      />
      <span className="visually-hidden" aria-live="polite">
        {t(`states:rollout.${rollout.state}`)}
      </span>
      <div className="stack">
        <div className="rollout-columns">
          <RolloutProgress key={id} rollout={rollout} />
          <RolloutFacts rollout={rollout} />
        </div>
        <DeliveriesPanel id={id} rollout={rollout} bad={badOf(rollout.counters)} isLive={!isOver(rollout)} />
      </div>
    </>
  );
}
