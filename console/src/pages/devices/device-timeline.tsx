/** The deliveries of a device, newest first, each with the steps it took. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Empty } from 'antd';
import { useTranslation } from 'react-i18next';
import { QueryView } from '../../ui/query-view.tsx';
import { BAD_STATES, DeliveryStateMark } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { absoluteTime } from '../../ui/time-text.ts';
import { type Delivery, stepsOf, stepTime } from './delivery-steps.ts';
import { deviceDeliveriesQuery } from './device-queries.ts';

export function DeviceTimeline({ productKey, deviceName }: { productKey: string; deviceName: string }) {
  const { t } = useTranslation(['devices', 'common']);
  const query = useInfiniteQuery(deviceDeliveriesQuery(productKey, deviceName));
  return (
    <section className="card">
      <h2>{t('devices:page.timeline')}</h2>
      <QueryView query={query}>
        {({ pages }) => (
          <Deliveries productKey={productKey} deliveries={pages.flatMap(({ items }) => items)} />
        )}
      </QueryView>
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {t('common:loadMore')}
        </Button>
      )}
    </section>
  );
}

function Deliveries({ productKey, deliveries }: { productKey: string; deliveries: readonly Delivery[] }) {
  const { t } = useTranslation('devices');
  if (deliveries.length === 0)
    return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('page.timelineEmpty')} />;
  return (
    <ol className="timeline">
      {deliveries.map((delivery) => (
        <DeliveryEntry key={delivery.rolloutId} productKey={productKey} delivery={delivery} />
      ))}
    </ol>
  );
}

function DeliveryEntry({ productKey, delivery }: { productKey: string; delivery: Delivery }) {
  const { t } = useTranslation(['devices', 'common']);
  const { rolloutId, version, state, attempt, code, message, sentAt, endedAt } = delivery;
  return (
    <li className={`timeline-entry${BAD_STATES.includes(state) ? ' is-bad' : ''}`}>
      <div className="row">
        <Link to="/products/$productKey/rollouts/$id" params={{ productKey, id: String(rolloutId) }}>
          {t('devices:page.rollout', { id: rolloutId })}
        </Link>
        <Link
          to="/products/$productKey/versions/$number"
          params={{ productKey, number: String(version) }}
          className="numbers"
        >
          {t('common:versionShort', { number: version })}
        </Link>
        {(endedAt ?? sentAt) !== null && (
          <span className="muted">
            <Time value={endedAt ?? sentAt} />
          </span>
        )}
        {attempt > 1 && <span className="muted">{t('devices:page.attempts', { count: attempt })}</span>}
      </div>
      <Steps delivery={delivery} />
      {(code !== null || message !== null) && (
        <div className="delivery-error">
          {code !== null && <b className="numbers">{code}</b>} <span>{message}</span>
        </div>
      )}
    </li>
  );
}

function Steps({ delivery }: { delivery: Delivery }) {
  const { t, i18n } = useTranslation('devices');
  const steps = stepsOf(delivery);
  const began = steps[0]?.at ?? '';
  return (
    <ol className="delivery-steps">
      {steps.map(({ state, at, isCurrent }) => (
        <li key={state} {...(isCurrent && { 'aria-current': 'step' })}>
          <DeliveryStateMark state={state} />
          {at === null ? (
            <span className="muted">{t('page.now')}</span>
          ) : (
            <time dateTime={at} title={absoluteTime(at, i18n.language)} className="muted numbers nowrap">
              {stepTime(at, began, i18n.language)}
            </time>
          )}
        </li>
      ))}
    </ol>
  );
}
