/** A page of devices. Below a certain width each row is a card. */
import { WarningOutlined } from '@ant-design/icons';
import type { DeviceListView } from '@opencota/contract/http/devices';
import type { ProductView } from '@opencota/contract/http/products';
import { Link } from '@tanstack/react-router';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { DeliveryStateMark } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { OnlineMark } from './online-mark.tsx';
import { lagsBehind } from './version-lag.ts';

const COLUMNS = ['name', 'connection', 'downloaded', 'confirmed', 'delivery', 'tags', 'lastError'] as const;
/** More would push everything else out of sight; the device's page has them all. */
const TAGS_SHOWN = 4;

type Props = { product: ProductView; devices: readonly DeviceListView[] };

export function DeviceTable({ product, devices }: Props) {
  const { t } = useTranslation('devices');
  return (
    <div className="card scroll-x device-table-frame">
      <table className="device-table">
        <caption className="visually-hidden">{t('devices', { ns: 'common' })}</caption>
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col">
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {devices.map((device) => (
            <DeviceRow key={device.deviceName} product={product} device={device} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DeviceRow({ product, device }: { product: ProductView; device: DeviceListView }) {
  const { t } = useTranslation(['devices', 'common']);
  const { productKey, deviceName, enabled, online, lastSeenAt, confirmedVersion, deliveryState } = device;
  return (
    <tr>
      <th scope="row">
        <Link
          to="/products/$productKey/devices/$deviceName"
          params={{ productKey, deviceName }}
          className="mono"
        >
          {deviceName}
        </Link>
        {!enabled && <Tag style={{ margin: '0 0 0 8px' }}>{t('devices:disabled')}</Tag>}
      </th>
      <td data-label={t('devices:connection')}>
        <span className="nowrap">
          <OnlineMark isOnline={online} />
          {!online && (
            <span className="muted nowrap">
              {' · '}
              {lastSeenAt === null ? t('devices:neverSeen') : <Time value={lastSeenAt} />}
            </span>
          )}
        </span>
      </td>
      <td data-label={t('devices:downloaded')}>
        <Downloaded device={device} behind={lagsBehind(device, product)} />
      </td>
      <td data-label={t('devices:confirmed')} className="numbers">
        {confirmedVersion === 0 ? <Nothing /> : t('common:versionShort', { number: confirmedVersion })}
      </td>
      <td data-label={t('devices:delivery')}>
        {deliveryState === null ? (
          <span className="muted">{t('devices:notInRollout')}</span>
        ) : (
          <DeliveryStateMark state={deliveryState} />
        )}
      </td>
      <td data-label={t('devices:tags')}>
        <Tags tags={device.tags} />
      </td>
      <td data-label={t('devices:lastError')}>
        <LastError error={device.lastError} />
      </td>
    </tr>
  );
}

function Nothing() {
  return (
    <span className="muted nothing" aria-hidden="true">
      –
    </span>
  );
}

function Downloaded({ device, behind }: { device: DeviceListView; behind: number | undefined }) {
  const { t } = useTranslation(['devices', 'common']);
  const { downloadedVersion } = device;
  return (
    <span className="row downloaded">
      <span className="numbers">
        {downloadedVersion === 0 ? (
          <span className="muted">{t('devices:noVersionYet')}</span>
        ) : (
          t('common:versionShort', { number: downloadedVersion })
        )}
      </span>
      {behind !== undefined && (
        <Tooltip title={t('devices:behindMeaning', { number: behind })}>
          <span className="behind">
            <WarningOutlined aria-hidden /> {t('devices:behind', { number: behind })}
          </span>
        </Tooltip>
      )}
    </span>
  );
}

function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return <Nothing />;
  const more = tags.length - TAGS_SHOWN;
  return (
    <span className="tag-list">
      {tags.slice(0, TAGS_SHOWN).map((tag) => (
        <Tag key={tag} title={tag}>
          {tag}
        </Tag>
      ))}
      {more > 0 && (
        <span className="muted" title={tags.slice(TAGS_SHOWN).join(' ')}>
          +{more}
        </span>
      )}
    </span>
  );
}

function LastError({ error }: { error: DeviceListView['lastError'] }) {
  if (error === null) return <Nothing />;
  return (
    <div className="short-error">
      <span title={error.message}>
        <b className="numbers">{error.code}</b> {error.message}
      </span>
      <span className="muted">
        <Time value={error.at} />
      </span>
    </div>
  );
}
