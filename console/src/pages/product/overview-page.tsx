/** A product at a glance: what its devices have, what comes next, the switch, and how a device gets in. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../../api/queries.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { ConnectCard } from './connect-card.tsx';
import { FleetCard, type Product } from './fleet-card.tsx';
import { NextStepCard } from './next-step-card.tsx';
import { SwitchCard } from './switch-card.tsx';
import './product.css';

const RunningRollout = lazy(async () => {
  const { RunningRollout: part } = await import('../rollouts/running-rollout.tsx');
  return { default: part };
});

export function OverviewPage() {
  const { productKey } = useParams({ from: '/in/products/$productKey/' });
  const query = useQuery(productQuery(productKey));
  return <QueryView query={query}>{(product) => <Overview product={product} />}</QueryView>;
}

function Overview({ product }: { product: Product }) {
  const { t } = useTranslation('product');
  const { productKey, name, latestRollout } = product;
  const about = (
    <>
      {t('productKey')} <CopyText text={productKey} />
    </>
  );
  return (
    <>
      <PageHeader title={<bdi>{name}</bdi>} name={name} about={about} />
      <div className="stack">
        <NextStepCard product={product} />
        <div className="overview-columns">
          <div className="stack">
            <FleetCard product={product} />
            {latestRollout !== null && (
              <section className="card" aria-labelledby="latest-rollout">
                <h2 id="latest-rollout">{t('latestRollout')}</h2>
                <Suspense>
                  <RunningRollout productKey={productKey} />
                </Suspense>
              </section>
            )}
          </div>
          <SwitchCard product={product} />
        </div>
        <ConnectCard productKey={productKey} />
      </div>
    </>
  );
}
