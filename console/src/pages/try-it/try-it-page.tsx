/** A device in the browser: the fastest way to see what remote configuration is. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../../api/queries.ts';
import { useRights } from '../../app/rights.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { DeviceCard, NoDeviceCard } from './device-card.tsx';
import { Leftovers } from './leftovers.tsx';
import { MessageLog } from './message-log.tsx';
import { PushHint } from './push-hint.tsx';
import { DeviceSteps, Steps } from './steps.tsx';
import { useGoodbye } from './use-goodbye.tsx';
import { useVirtualDevice } from './use-virtual-device.ts';
import './try-it.css';

export function TryItPage() {
  const { t } = useTranslation('tryIt');
  const { productKey } = useParams({ from: '/in/products/$productKey/try' });
  const mayAdd = useRights()('devices:write');
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <div className="stack">
        {!mayAdd && <Alert type="info" showIcon title={t('viewer')} />}
        <Hindrances productKey={productKey} />
        {mayAdd ? <Workshop key={productKey} productKey={productKey} /> : <Steps entries={[]} />}
      </div>
    </>
  );
}

function Workshop({ productKey }: { productKey: string }) {
  const { device, create, removal } = useVirtualDevice(productKey);
  useGoodbye(productKey, device, removal.mutate);
  if (device === undefined)
    return (
      <>
        <Steps entries={[]} />
        <div className="try-columns">
          <NoDeviceCard create={create} />
          <Leftovers productKey={productKey} />
        </div>
      </>
    );
  return (
    <>
      <DeviceSteps device={device} />
      <div className="try-columns">
        <div className="stack">
          <DeviceCard device={device} removal={removal} />
          <PushHint productKey={productKey} />
          <Leftovers productKey={productKey} own={device.identity.deviceName} />
        </div>
        <MessageLog device={device} />
      </div>
    </>
  );
}

/** Why the server will say no, before the device asks. */
function Hindrances({ productKey }: { productKey: string }) {
  const { t } = useTranslation('tryIt');
  const query = useQuery(productQuery(productKey));
  const params = { productKey };
  const hint = (text: string, link: ReactNode) => (
    <Alert
      type="warning"
      showIcon
      title={
        <>
          {text} {link}
        </>
      }
    />
  );
  return (
    <QueryView query={query}>
      {({ enabled, latestVersion }) => (
        <>
          {!enabled &&
            hint(
              t('switchOff'),
              <Link to="/products/$productKey" params={params}>
                {t('toSwitch')}
              </Link>,
            )}
          {latestVersion === 0 &&
            hint(
              t('noVersion'),
              <Link to="/products/$productKey/config" params={params}>
                {t('toEditor')}
              </Link>,
            )}
        </>
      )}
    </QueryView>
  );
}
