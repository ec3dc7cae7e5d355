/** Where every device of a rollout is: a bar, and the numbers it is made of, which add up. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { DELIVERY_STATES } from '../../ui/delivery-states.ts';
import { numberFormat } from '../../ui/formats.ts';
import { DeliveryStateMark, percent, RolloutBar } from '../../ui/states.tsx';
import { Pace } from './pace.tsx';
import { partsOf } from './progress.ts';
import { useReason } from './use-reason.ts';

export function RolloutProgress({ rollout }: { rollout: RolloutView }) {
  const { t, i18n } = useTranslation('rollouts');
  const reasonOf = useReason();
  const number = numberFormat(i18n.language);
  const { total, done } = partsOf(rollout);
  return (
    <section className="card stack" aria-labelledby="progress">
      <div className="spread">
        <h2 id="progress" style={{ margin: 0 }}>
          {t('progress.title')}
        </h2>
        <span className="numbers">
          <b className="progress-share">{percent(done, total, i18n.language)}</b>{' '}
          {t('progress.done', { count: total, done: number.format(done), devices: number.format(total) })}
        </span>
      </div>
      <div className="bar-only">
        <RolloutBar counters={rollout.counters} />
      </div>
      <p style={{ margin: 0 }}>{reasonOf(rollout.reason)}</p>
      <Pace rollout={rollout} />
      <StateTable rollout={rollout} total={total} />
    </section>
  );
}

function StateTable({ rollout, total }: { rollout: RolloutView; total: number }) {
  const { t, i18n } = useTranslation(['rollouts', 'states', 'common']);
  const { productKey, id, counters } = rollout;
  const number = numberFormat(i18n.language);
  return (
    <div className="scroll-x">
      <table className="plain-table state-table">
        <thead>
          <tr>
            <th scope="col">{t('rollouts:progress.state')}</th>
            <th scope="col" className="count">
              {t('common:devices')}
            </th>
            <th scope="col" className="meaning">
              {t('rollouts:progress.meaning')}
            </th>
          </tr>
        </thead>
        <tbody>
          {DELIVERY_STATES.filter((state) => counters[state] > 0).map((state) => (
            <tr key={state}>
              <th scope="row">
                <Link
                  to="/products/$productKey/rollouts/$id"
                  params={{ productKey, id: String(id) }}
                  search={{ state }}
                  hash="deliveries"
                  resetScroll={false}
                >
                  <DeliveryStateMark state={state} />
                </Link>
              </th>
              <td className="count numbers">
                {number.format(counters[state])}{' '}
                <span className="muted">{percent(counters[state], total, i18n.language)}</span>
              </td>
              <td className="meaning muted">{t(`states:deliveryMeaning.${state}`)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t('common:total')}</th>
            <td className="count numbers">{number.format(total)}</td>
            <td className="meaning" />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
