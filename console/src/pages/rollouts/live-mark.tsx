/** Whether the numbers move by themselves. */
import { useTranslation } from 'react-i18next';
import type { LiveState } from './use-live-rollout.ts';

export function LiveMark({ live }: { live: LiveState }) {
  const { t } = useTranslation('rollouts');
  return (
    <span role="status" className={`live-mark live-mark-${live}`}>
      {live === 'over' ? '' : t(`live.${live}`)}
    </span>
  );
}
