/** The last thing that went wrong on a device, in its own words and in full. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../ui/copy-text.tsx';
import { Time } from '../../ui/time.tsx';
import type { DeviceDetail } from './device-queries.ts';

type Props = { device: DeviceDetail; error: NonNullable<DeviceDetail['lastError']> };

export function DeviceError({ device, error }: Props) {
  const { t } = useTranslation('devices');
  const { productKey, confirmedAt } = device;
  const isOver = confirmedAt !== null && Date.parse(confirmedAt) > Date.parse(error.at);
  return (
    <section className={isOver ? 'card device-error is-over' : 'card device-error'}>
      <h2>{t('page.errorTitle')}</h2>
      <p className="row">
        <b className="numbers">{t('page.errorCode', { code: error.code })}</b>
        {error.version > 0 && (
          <Link
            to="/products/$productKey/versions/$number"
            params={{ productKey, number: String(error.version) }}
          >
            {t('page.errorOn', { number: error.version })}
          </Link>
        )}
        <Time value={error.at} />
        {isOver && <span className="muted">{t('page.errorOver')}</span>}
      </p>
      {error.message === '' ? (
        <p className="muted">{t('page.noMessage')}</p>
      ) : (
        <div className="error-text">
          <pre className="mono">{error.message}</pre>
          <CopyButton text={error.message} />
        </div>
      )}
    </section>
  );
}
