/** What runs, since when, and where devices and programs reach it. */
import { isDiskShort } from '@opencota/contract/http/disk';
import type { ServerView } from '@opencota/contract/http/server';
import { useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { serverQuery } from '../../api/queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { Duration, Time } from '../../ui/time.tsx';
import { absoluteTime, bytes } from '../../ui/time-text.ts';
import { addressesOf } from '../product/addresses.ts';
import { clockDifference } from './clock-difference.ts';

type Props = { server: ServerView };

export function ServerFacts({ server }: Props) {
  const { t, i18n } = useTranslation('admin');
  const title = useId();
  const { version, apiVersion, startedAt, time, limits, storage } = server;
  const number = numberFormat(i18n.language);
  return (
    <section className="card stack" aria-labelledby={title}>
      <h2 id={title} style={{ margin: 0 }}>
        {t('server.title')}
      </h2>
      <dl className="facts">
        <dt>{t('server.version')}</dt>
        <dd>{version}</dd>
        <dt>{t('server.apiVersion')}</dt>
        <dd>{apiVersion}</dd>
        <dt>{t('server.startedAt')}</dt>
        <dd>
          <Time value={startedAt} />
        </dd>
        <dt>{t('server.time')}</dt>
        <dd>{absoluteTime(time, i18n.language)}</dd>
        <dt>{t('server.configMax')}</dt>
        <dd>{bytes(limits.configBytesMax, i18n.language)}</dd>
        <dt>{t('server.bulkMax')}</dt>
        <dd>{t('server.devices', { number: number.format(limits.bulkRowsMax) })}</dd>
        {storage !== undefined && (
          <>
            <dt>{t('server.storeSize')}</dt>
            <dd>{bytes(storage.storeBytes, i18n.language)}</dd>
            <dt>{t('server.diskFree')}</dt>
            <dd>{bytes(storage.freeBytes, i18n.language)}</dd>
          </>
        )}
      </dl>
      {storage !== undefined && isDiskShort(storage) && (
        <Alert type="warning" showIcon title={t('server.diskShort')} description={t('server.diskShortWhy')} />
      )}
      <ClockWarning time={time} />
    </section>
  );
}

function ClockWarning({ time }: { time: string }) {
  const { t } = useTranslation('admin');
  const { dataUpdatedAt } = useQuery(serverQuery);
  const aheadMs = clockDifference(time, dataUpdatedAt);
  if (aheadMs === undefined) return null;
  return (
    <Alert
      type="warning"
      showIcon
      title={
        <>
          {aheadMs > 0 ? t('server.clockAhead') : t('server.clockBehind')}{' '}
          <Duration seconds={Math.abs(aheadMs) / 1000} />
        </>
      }
      description={t('server.clockWhy')}
    />
  );
}

export function ServerAddresses({ server }: Props) {
  const { t } = useTranslation('admin');
  const title = useId();
  const { mqttPort, tlsPort, webSocketUrl, downloadUrl, isLoopback } = addressesOf(server);
  const httpPort = server.settings?.find(({ name }) => name === 'OPENCOTA_HTTP_PORT')?.value;
  const closed = <span className="muted">{t('server.notOpen')}</span>;
  return (
    <section className="card stack" aria-labelledby={title}>
      <h2 id={title} style={{ margin: 0 }}>
        {t('server.addresses')}
      </h2>
      <dl className="facts">
        <dt>{t('server.downloads')}</dt>
        <dd>
          <CopyText text={downloadUrl} />
        </dd>
        <dt>{t('server.mqtt')}</dt>
        <dd>{mqttPort ?? closed}</dd>
        <dt>{t('server.mqtts')}</dt>
        <dd>{tlsPort ?? closed}</dd>
        <dt>{t('server.webSocket')}</dt>
        <dd>
          <CopyText text={webSocketUrl} />
        </dd>
        {httpPort !== undefined && httpPort !== '0' && (
          <>
            <dt>{t('server.http')}</dt>
            <dd>{httpPort}</dd>
          </>
        )}
      </dl>
      {isLoopback && (
        <Alert type="warning" showIcon title={t('server.loopback')} description={t('server.loopbackWhy')} />
      )}
    </section>
  );
}
