/** The head and the tabs of a product; the page in the tab is below. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../api/problem.ts';
import { productQuery } from '../api/queries.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { NotFoundPage } from './failure-page.tsx';

const TABS = [
  ['/products/$productKey', 'overview'],
  ['/products/$productKey/config', 'editor'],
  ['/products/$productKey/versions', 'versions'],
  ['/products/$productKey/rollouts', 'rollouts'],
  ['/products/$productKey/devices', 'devices'],
  ['/products/$productKey/try', 'tryIt'],
  ['/products/$productKey/settings', 'productSettings'],
] as const;

export function ProductLayout() {
  const { t } = useTranslation();
  const { productKey } = useParams({ from: '/in/products/$productKey' });
  const { data: product, error } = useQuery(productQuery(productKey));
  if (hasCode(error, 'product-not-found')) return <NotFoundPage />;
  return (
    <>
      <div className="crumbs">
        <Link to="/">{t('fleet')}</Link> / {product?.name ?? productKey}
      </div>
      <nav className="tabs" aria-label={t('productNavigation')}>
        {TABS.map(([to, name]) => (
          <Link key={to} to={to} params={{ productKey }} activeOptions={{ exact: name === 'overview' }}>
            {t(name)}
          </Link>
        ))}
      </nav>
      {error !== null && product === undefined && <ProblemAlert error={error} />}
      <Outlet />
    </>
  );
}
