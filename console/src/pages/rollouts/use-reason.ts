/** What a rollout waits for, or how it ended, in the language of the page. */
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { readReason } from './reason.ts';

/** @returns the sentence. */
export function useReason(): (text: string) => string {
  const { t, i18n } = useTranslation(['rollouts', 'states']);
  const number = numberFormat(i18n.language);
  return (text) => {
    const reason = readReason(text);
    switch (reason.kind) {
      case 'unknown':
        return reason.text;
      case 'preparing':
        return t('rollouts:reason.preparing', { devices: number.format(reason.count) });
      case 'waiting': {
        const steps = reason.steps.map(({ step, count }) =>
          t(`rollouts:reason.step.${step}`, { devices: number.format(count) }),
        );
        return t('rollouts:reason.waiting', { steps: steps.join(t('rollouts:reason.between')) });
      }
      case 'ended':
        return reason.state === 'completed'
          ? t(`rollouts:reason.completed.${reason.outcome}`)
          : t(`rollouts:reason.${reason.state}`);
      default:
        return t(`rollouts:reason.${reason.kind}`);
    }
  };
}
