/** What a push may do otherwise than its product is set. Empty fields leave it as it is set. */
import { InputNumber } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../ui/time-text.ts';
import type { Product } from './push-devices.tsx';
import type { PushOptions } from './push-gates.ts';

const HOUR_SECONDS = 3_600;
const DEADLINE_HOURS_MAX = 2_160;
const DEADLINE_HOURS_MIN = 0.1;
const ATTEMPT_SECONDS_MAX = 3_600;

type Props = { product: Product; options: PushOptions; onChange: (options: PushOptions) => void };

export function MoreOptions({ product, options, onChange }: Props) {
  const { t, i18n } = useTranslation('rollouts');
  const deadlineId = useId();
  const timeoutId = useId();
  const { deadlineSeconds, attemptTimeoutSeconds } = product;
  return (
    <details>
      <summary>{t('push.moreOptions')}</summary>
      <div className="stack" style={{ marginTop: 12 }}>
        <div className="field">
          <label htmlFor={deadlineId}>{t('push.deadline')}</label>
          <InputNumber<number>
            id={deadlineId}
            min={DEADLINE_HOURS_MIN}
            max={DEADLINE_HOURS_MAX}
            value={options.deadlineHours}
            placeholder={String(Math.round((deadlineSeconds / HOUR_SECONDS) * 10) / 10)}
            aria-describedby={`${deadlineId}-help`}
            onChange={(deadlineHours) => onChange({ ...options, deadlineHours })}
          />
          <div id={`${deadlineId}-help`} className="muted">
            {t('push.deadlineHelp', { time: duration(deadlineSeconds, i18n.language) })}
          </div>
        </div>
        <div className="field">
          <label htmlFor={timeoutId}>{t('push.attemptTimeout')}</label>
          <InputNumber<number>
            id={timeoutId}
            min={1}
            max={ATTEMPT_SECONDS_MAX}
            precision={0}
            value={options.attemptTimeoutSeconds}
            placeholder={String(attemptTimeoutSeconds)}
            aria-describedby={`${timeoutId}-help`}
            onChange={(seconds) => onChange({ ...options, attemptTimeoutSeconds: seconds })}
          />
          <div id={`${timeoutId}-help`} className="muted">
            {t('push.attemptTimeoutHelp', { time: duration(attemptTimeoutSeconds, i18n.language) })}
          </div>
        </div>
      </div>
    </details>
  );
}
