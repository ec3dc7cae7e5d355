/** What an administrator decides about a product: how it pushes, what devices get, how they sign in, its schema. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Alert } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { SecretCard } from './secret-card.tsx';
import { settingsQuery } from './settings-api.ts';
import { SettingsForm } from './settings-form.tsx';
import './product.css';
import './settings.css';

const SchemaPanel = lazy(async () => {
  const { SchemaPanel: part } = await import('../config/schema-panel.tsx');
  return { default: part };
});

export function ProductSettingsPage() {
  const { t } = useTranslation('product');
  const { productKey } = useParams({ from: '/in/products/$productKey/settings' });
  const query = useQuery(settingsQuery(productKey));
  const mayWrite = useRights()('products:write');
  return (
    <div className="settings-page">
      <PageHeader title={t('settingsTitle')} about={t('settingsAbout')} />
      <QueryView query={query}>
        {(read) => (
          <div className="stack">
            {!mayWrite && <Alert type="info" showIcon title={t('readOnly')} />}
            <SettingsForm read={read} isAllowed={mayWrite} readAgain={query.refetch} />
            <SecretCard product={read.product} isAllowed={mayWrite} />
          </div>
        )}
      </QueryView>
      <Suspense>
        <SchemaPanel productKey={productKey} />
      </Suspense>
    </div>
  );
}
