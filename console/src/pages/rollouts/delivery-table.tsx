/** Deliveries as rows: the device, where it is, how often it was tried, and its own words when it refused. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { DeliveryStateMark } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import type { Delivery } from './deliveries-csv.ts';

type Props = { productKey: string; deliveries: readonly Delivery[] };

export function DeliveryTable({ productKey, deliveries }: Props) {
  const { t } = useTranslation(['rollouts', 'common']);
  const haveErrors = deliveries.some(hasError);
  return (
    <div className="scroll-x">
      <table className="plain-table delivery-table">
        <thead>
          <tr>
            <th scope="col">{t('rollouts:deliveries.device')}</th>
            <th scope="col">{t('rollouts:progress.state')}</th>
            {haveErrors && <th scope="col">{t('rollouts:deliveries.error')}</th>}
            <th scope="col" className="count">
              {t('rollouts:deliveries.attempts')}
            </th>
            <th scope="col">{t('rollouts:deliveries.when')}</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <tr key={delivery.deviceName}>
              <th scope="row">
                <Link
                  to="/products/$productKey/devices/$deviceName"
                  params={{ productKey, deviceName: delivery.deviceName }}
                >
                  {delivery.deviceName}
                </Link>
              </th>
              <td>
                <DeliveryStateMark state={delivery.state} />
              </td>
              {haveErrors && (
                <td className="delivery-error">
                  <DeliveryError delivery={delivery} />
                </td>
              )}
              <td className="count numbers">{delivery.attempt}</td>
              <td>
                <LastChange at={lastTime(delivery)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function hasError({ code, message }: Delivery): boolean {
  return code !== null || (message !== null && message !== '');
}

function DeliveryError({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation('rollouts');
  const { code, message } = delivery;
  if (!hasError(delivery)) return null;
  return (
    <>
      {code !== null && <span className="nowrap">{t('deliveries.code', { code })}</span>} {message}
    </>
  );
}

function LastChange({ at }: { at: string | null }) {
  return at === null ? null : <Time value={at} />;
}

/** The last thing that happened; null: nothing did. */
function lastTime({ endedAt, appliedAt, downloadedAt, receivedAt, sentAt }: Delivery): string | null {
  return endedAt ?? appliedAt ?? downloadedAt ?? receivedAt ?? sentAt;
}
