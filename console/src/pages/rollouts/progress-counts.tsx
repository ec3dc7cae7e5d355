/** How far a rollout is, on one line: a bar and the numbers that it stands for. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { RolloutBar } from '../../ui/states.tsx';
import { partsOf } from './progress.ts';

export function ProgressCounts({ rollout }: { rollout: RolloutView }) {
  const { t, i18n } = useTranslation('rollouts');
  const number = numberFormat(i18n.language);
  const { total, done, open, bad, dropped } = partsOf(rollout);
  return (
    <div className="progress-counts">
      <div className="bar-only">
        <RolloutBar counters={rollout.counters} />
      </div>
      <div className="row numbers">
        <span>
          {t('counts.done', { count: total, done: number.format(done), devices: number.format(total) })}
        </span>
        {bad > 0 && <span className="bad-count">{t('counts.bad', { devices: number.format(bad) })}</span>}
        {open > 0 && <span className="muted">{t('counts.open', { devices: number.format(open) })}</span>}
        {dropped > 0 && (
          <span className="muted">{t('counts.dropped', { devices: number.format(dropped) })}</span>
        )}
      </div>
    </div>
  );
}
