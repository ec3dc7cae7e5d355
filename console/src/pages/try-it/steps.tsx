/** What a device does, step by step, in words; the steps that happened here are marked. */
import { CheckCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { Entry, NoteName } from './journal.ts';
import { useSnapshot } from './use-virtual-device.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** By which message a step is known to have happened. */
const STEPS = [
  ['connect', ['connected']],
  ['request', ['request']],
  ['download', ['checked']],
  ['apply', ['applied']],
  ['confirm', ['confirm']],
] as const satisfies readonly (readonly [string, readonly NoteName[]])[];

export function DeviceSteps({ device }: { device: VirtualDevice }) {
  return <Steps entries={useSnapshot(device).entries} />;
}

export function Steps({ entries }: { entries: readonly Entry[] }) {
  const { t } = useTranslation(['tryIt', 'common']);
  const happened = new Set<string>(entries.map(({ note }) => note));
  return (
    <section aria-label={t('tryIt:steps')}>
      <ol className="try-steps">
        {STEPS.map(([step, notes], index) => {
          const isDone = notes.some((note) => happened.has(note));
          return (
            <li key={step} className={isDone ? 'is-done' : ''}>
              <h2>
                <span className="try-step-mark" aria-hidden="true">
                  {isDone ? <CheckCircleFilled aria-hidden /> : index + 1}
                </span>
                {t(`tryIt:step.${step}.title`)}
                {isDone && <span className="visually-hidden"> ({t('common:done')})</span>}
              </h2>
              <p className="muted">{t(`tryIt:step.${step}.text`)}</p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
