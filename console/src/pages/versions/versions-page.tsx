/** Every saved configuration: the latest five first, then further back. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { productQuery, versionsQuery } from '../../api/queries.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { VersionList } from './version-list.tsx';
import './versions.css';

export function VersionsPage() {
  const { t } = useTranslation('versions');
  const { productKey } = useParams({ from: '/in/products/$productKey/versions' });
  const product = useQuery(productQuery(productKey));
  const query = useInfiniteQuery(versionsQuery(productKey));
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <div className="stack">
        <QueryView query={product}>
          {(known) => (
            <QueryView query={query}>
              {({ pages }) => {
                const versions = pages.flatMap(({ items }) => items);
                if (versions.length === 0) return <NoVersions productKey={productKey} />;
                return <VersionList versions={versions} product={known} />;
              }}
            </QueryView>
          )}
        </QueryView>
        {query.hasNextPage && (
          <Button
            style={{ alignSelf: 'flex-start' }}
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('loadMore', { ns: 'common' })}
          </Button>
        )}
      </div>
    </>
  );
}

function NoVersions({ productKey }: { productKey: string }) {
  const { t } = useTranslation('versions');
  return (
    <section className="card stack" style={{ maxWidth: 640 }}>
      <h2 style={{ margin: 0 }}>{t('emptyTitle')}</h2>
      <p style={{ margin: 0 }}>{t('emptyText')}</p>
      <div>
        <LinkButton isPrimary to="/products/$productKey/config" params={{ productKey }}>
          {t('openEditor')}
        </LinkButton>
      </div>
    </section>
  );
}
