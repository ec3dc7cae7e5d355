/** The head and the tabs of a product; the page in the tab is below. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
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

/** Pages that belong to a tab without lying below its address. */
const ALSO_IN: ReadonlyMap<string, string> = new Map([['import-devices', 'devices']]);

export function ProductLayout() {
  const { t } = useTranslation();
  const { productKey } = useParams({ from: '/in/products/$productKey' });
  const { data: product, error } = useQuery(productQuery(productKey));
  if (hasCode(error, 'product-not-found')) return <NotFoundPage />;
  return (
    <>
      <div className="crumbs">
        <Link to="/">{t('fleet')}</Link> / <bdi>{product?.name ?? productKey}</bdi>
      </div>
      <Tabs productKey={productKey} />
      {error !== null && product === undefined && <ProblemAlert error={error} />}
      <Outlet />
    </>
  );
}

function Tabs({ productKey }: { productKey: string }) {
  const { t } = useTranslation();
  const { pathname } = useRouterState({ select: ({ location }) => location });
  const tabs = useRef<HTMLElement>(null);
  // On a narrow screen not all of them fit: the one that is open is in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page opens another tab.
  useEffect(() => {
    const active = tabs.current?.querySelector<HTMLElement>('.active');
    if (tabs.current === null || !active) return;
    tabs.current.scrollLeft = active.offsetLeft - (tabs.current.clientWidth - active.offsetWidth) / 2;
  }, [pathname]);
  const belongsTo = ALSO_IN.get(pathname.split('/')[3] ?? '');
  return (
    <nav className="tabs" aria-label={t('productNavigation')} ref={tabs}>
      {TABS.map(([to, name]) => (
        <Link
          key={to}
          to={to}
          params={{ productKey }}
          activeOptions={{ exact: name === 'overview' }}
          {...(name === belongsTo && { className: 'active', 'aria-current': 'true' })}
        >
          {t(name)}
        </Link>
      ))}
    </nav>
  );
}
