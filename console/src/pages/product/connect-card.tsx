/** How a device gets in: addresses and topics to copy, and a program to start from. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { serverQuery } from '../../api/queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { type Addresses, addressesOf } from './addresses.ts';
import { SnippetTabs } from './snippet-tabs.tsx';
import { snippetsFor, topicsFor } from './snippets.ts';

export function ConnectCard({ productKey }: { productKey: string }) {
  const { t } = useTranslation('product');
  const query = useQuery(serverQuery);
  const id = useId();
  return (
    <section className="card stack" aria-labelledby={id}>
      <div>
        <h2 id={id} style={{ margin: 0 }}>
          {t('connect')}
        </h2>
        <p className="muted flush">
          {t('connectAbout')}{' '}
          <Link to="/products/$productKey/try" params={{ productKey }}>
            {t('connectTry')}
          </Link>
        </p>
      </div>
      <QueryView query={query}>
        {(server) => <Connection addresses={addressesOf(server)} productKey={productKey} />}
      </QueryView>
    </section>
  );
}

function Connection({ addresses, productKey }: { addresses: Addresses; productKey: string }) {
  const { t } = useTranslation('product');
  return (
    <>
      {addresses.isLoopback && <Alert type="warning" showIcon title={t('loopback')} />}
      <div className="connect-columns">
        <div className="stack">
          <Facts addresses={addresses} productKey={productKey} />
          <Topics productKey={productKey} />
        </div>
        <div>
          <SnippetTabs snippets={snippetsFor(addresses, productKey)} />
          {addresses.isPortUnusual && <p className="muted usage-note">{t('unusualPort')}</p>}
        </div>
      </div>
    </>
  );
}

function Facts({ addresses, productKey }: { addresses: Addresses; productKey: string }) {
  const { t } = useTranslation('product');
  const port = (value: number | null) =>
    value === null ? <span className="muted">{t('closed')}</span> : <CopyText text={String(value)} />;
  return (
    <dl className="facts">
      <dt>{t('host')}</dt>
      <dd>
        <CopyText text={addresses.host} />
      </dd>
      <dt>{t('mqttPort')}</dt>
      <dd>{port(addresses.mqttPort)}</dd>
      <dt>{t('tlsPort')}</dt>
      <dd>{port(addresses.tlsPort)}</dd>
      <dt>{t('webSocket')}</dt>
      <dd>
        <CopyText text={addresses.webSocketUrl} />
      </dd>
      <dt>{t('downloads')}</dt>
      <dd>
        <CopyText text={addresses.downloadUrl} />
      </dd>
      <dt>{t('productKey')}</dt>
      <dd>
        <CopyText text={productKey} />
      </dd>
    </dl>
  );
}

function Topics({ productKey }: { productKey: string }) {
  const { t } = useTranslation('product');
  return (
    <div>
      <h3 className="small-title">{t('topics')}</h3>
      <ul className="topics">
        {topicsFor(productKey).map(({ topic, direction }) => (
          <li key={topic}>
            <span className="muted nowrap">{t(direction === 'out' ? 'deviceSays' : 'serverSays')}</span>
            <CopyText text={topic} />
          </li>
        ))}
      </ul>
    </div>
  );
}
