/** One device: what it should run, what it has, what it said last, and how it came to that. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Alert, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { productQuery } from '../../api/queries.ts';
import { NotFoundPage } from '../../app/failure-page.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Time } from '../../ui/time.tsx';
import { DeviceActions } from './device-actions.tsx';
import { DeviceError } from './device-error.tsx';
import { type DeviceDetail, deviceQuery } from './device-queries.ts';
import { DeviceTags } from './device-tags.tsx';
import { DeviceTimeline } from './device-timeline.tsx';
import { DeviceVersions } from './device-versions.tsx';
import { OnlineMark } from './online-mark.tsx';
import './devices.css';
import './device.css';

export function DevicePage() {
  const { t } = useTranslation(['devices', 'common']);
  const { productKey, deviceName } = useParams({ from: '/in/products/$productKey/devices/$deviceName' });
  const query = useQuery(deviceQuery(productKey, deviceName));
  const product = useQuery(productQuery(productKey));
  const device = query.data;
  if (hasCode(query.error, 'device-not-found') && device === undefined) return <NotFoundPage />;
  return (
    <>
      <div className="crumbs">
        <Link to="/products/$productKey/devices" params={{ productKey }}>
          {t('common:devices')}
        </Link>{' '}
        / <span className="mono">{deviceName}</span>
      </div>
      <PageHeader
        title={<span className="device-name">{deviceName}</span>}
        name={deviceName}
        about={device && <Presence device={device} />}
        actions={device && product.data && <DeviceActions device={device} product={product.data} />}
      />
      <QueryView query={query}>
        {(data) => (
          <div className="stack">
            {!data.enabled && <Alert type="warning" showIcon title={t('devices:page.disabledNote')} />}
            <DeviceVersions device={data} />
            {data.lastError !== null && <DeviceError device={data} error={data.lastError} />}
            <About device={data} />
            <DeviceTimeline productKey={productKey} deviceName={deviceName} />
          </div>
        )}
      </QueryView>
    </>
  );
}

function Presence({ device: { online, lastSeenAt, enabled } }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  return (
    <span className="row" role="status">
      <OnlineMark isOnline={online} />
      {lastSeenAt === null ? (
        t('neverSeen')
      ) : (
        <span>
          {t('lastSeen')} <Time value={lastSeenAt} />
        </span>
      )}
      {!enabled && <Tag>{t('disabled')}</Tag>}
    </span>
  );
}

function About({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  return (
    <section className="card">
      <h2>{t('page.about')}</h2>
      <dl className="facts">
        <dt>{t('tags')}</dt>
        <dd>
          <DeviceTags device={device} />
        </dd>
        <dt>{t('page.created')}</dt>
        <dd>
          <Time value={device.createdAt} />
        </dd>
      </dl>
    </section>
  );
}
