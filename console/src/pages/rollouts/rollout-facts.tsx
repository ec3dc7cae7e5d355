/** What does not change while a rollout runs. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CopyText } from '../../ui/copy-text.tsx';
import { Duration, Time, useNow } from '../../ui/time.tsx';
import { secondsOf } from './progress.ts';

const DIGEST_CHARS = 12;

export function RolloutFacts({ rollout }: { rollout: RolloutView }) {
  const { t } = useTranslation(['rollouts', 'common']);
  const { productKey, version, sha256, note, doneWhen, deadlineAt, createdAt, createdBy, endedAt } = rollout;
  const now = useNow();
  return (
    <section className="card" aria-labelledby="facts">
      <h2 id="facts">{t('rollouts:facts.title')}</h2>
      <dl className="facts">
        <dt>{t('rollouts:facts.version')}</dt>
        <dd>
          <Link to="/products/$productKey/versions/$number" params={{ productKey, number: String(version) }}>
            {t('common:version', { number: version })}
          </Link>
        </dd>
        <dt>{t('rollouts:facts.digest')}</dt>
        <dd>
          <CopyText text={sha256} shownAs={`${sha256.slice(0, DIGEST_CHARS)}…`} />
        </dd>
        <dt>{t('rollouts:facts.note')}</dt>
        <dd>{note === '' ? <span className="muted">{t('common:none')}</span> : note}</dd>
        <dt>{t('rollouts:facts.started')}</dt>
        <dd>
          <Time value={createdAt} /> <span className="muted">{t('common:by', { name: createdBy })}</span>
        </dd>
        {endedAt === null ? (
          <>
            <dt>{t('rollouts:facts.deadline')}</dt>
            <dd>
              <Time value={deadlineAt} />
            </dd>
          </>
        ) : (
          <>
            <dt>{t('rollouts:facts.ended')}</dt>
            <dd>
              <Time value={endedAt} />
            </dd>
          </>
        )}
        <dt>{endedAt === null ? t('rollouts:facts.runningFor') : t('rollouts:facts.took')}</dt>
        <dd>
          <Duration seconds={secondsOf(rollout, now)} />
        </dd>
        <dt>{t('rollouts:facts.doneWhen')}</dt>
        <dd>{t(`rollouts:facts.doneWhenIs.${doneWhen}`)}</dd>
      </dl>
    </section>
  );
}
