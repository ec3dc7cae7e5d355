/** What a device should run, what it fetched, and what it says it runs, side by side. */
import {
  ArrowRightOutlined,
  CheckCircleOutlined,
  InfoCircleOutlined,
  WarningOutlined,
} from '@ant-design/icons';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { DeliveryStateMark } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import type { DeviceDetail } from './device-queries.ts';
import { standingOf } from './version-lag.ts';

export function DeviceVersions({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  const { productKey, wantedVersion, downloadedVersion, confirmedVersion, latestDelivery } = device;
  const standing = standingOf(device);
  const isBehind = standing === 'behind' || standing === 'refused';
  return (
    <section className="card">
      <h2>{t('page.versions')}</h2>
      <div className="version-steps">
        <VersionStep
          productKey={productKey}
          label={t('page.wanted')}
          help={t('page.wantedHelp')}
          version={wantedVersion}
        >
          {latestDelivery?.version === wantedVersion && <DeliveryStateMark state={latestDelivery.state} />}
        </VersionStep>
        <ArrowRightOutlined className="version-arrow" aria-hidden />
        <VersionStep
          productKey={productKey}
          label={t('downloaded')}
          help={t('page.downloadedHelp')}
          version={downloadedVersion}
          isBehind={isBehind}
        >
          {device.downloadedAt === null ? t('page.notYet') : <Time value={device.downloadedAt} />}
        </VersionStep>
        <ArrowRightOutlined className="version-arrow" aria-hidden />
        <VersionStep
          productKey={productKey}
          label={t('confirmed')}
          help={t('page.confirmedHelp')}
          version={confirmedVersion}
        >
          {device.confirmedAt === null ? t('page.neverConfirmed') : <Time value={device.confirmedAt} />}
        </VersionStep>
      </div>
      <Standing device={device} />
    </section>
  );
}

type StepProps = {
  productKey: string;
  label: string;
  help: string;
  version: number;
  isBehind?: boolean;
  children: ReactNode;
};

function VersionStep({ productKey, label, help, version, isBehind = false, children }: StepProps) {
  const { t } = useTranslation(['devices', 'common']);
  return (
    <div className={isBehind ? 'version-step is-behind' : 'version-step'}>
      <div className="version-label">
        {label} <span className="muted">{help}</span>
      </div>
      <div className="version-number numbers">
        {version === 0 ? (
          <span className="muted">{t('devices:page.none')}</span>
        ) : (
          <Link to="/products/$productKey/versions/$number" params={{ productKey, number: String(version) }}>
            {t('common:versionShort', { number: version })}
          </Link>
        )}
      </div>
      <div className="muted">{children}</div>
    </div>
  );
}

function Standing({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  const standing = standingOf(device);
  const versions = { wanted: device.wantedVersion, downloaded: device.downloadedVersion };
  const isBehind = standing === 'behind' || standing === 'refused';
  const icon =
    standing === 'upToDate' ? (
      <CheckCircleOutlined aria-hidden />
    ) : isBehind ? (
      <WarningOutlined aria-hidden />
    ) : (
      <InfoCircleOutlined aria-hidden />
    );
  const key = standing === 'behind' && device.downloadedVersion === 0 ? 'behindNone' : standing;
  return (
    <p className={`standing is-${standing}`} role="status">
      {icon} {t(`page.standing.${key}`, versions)}
    </p>
  );
}
