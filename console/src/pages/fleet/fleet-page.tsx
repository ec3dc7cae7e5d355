/** All products at a glance, those that need a person first. */
import { PlusOutlined, SearchOutlined } from '@ant-design/icons';
import type { ProductView } from '@opencota/contract/http/products';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Empty, Input } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { productsQuery } from '../../api/queries.ts';
import { useRights } from '../../app/rights.ts';
import { CopyBlock } from '../../ui/copy-text.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { byAttention } from './attention.ts';
import { NewProduct } from './new-product.tsx';
import { ProductRow } from './product-row.tsx';
import './fleet.css';
import { numberFormat } from '../../ui/formats.ts';

const COMMANDS = `npm run opencota -- login
npm run opencota -- product create "Street lamp"`;

export function FleetPage() {
  const { t, i18n } = useTranslation('fleet');
  const query = useInfiniteQuery(productsQuery);
  const mayCreate = useRights()('products:write');
  const [isCreating, setCreating] = useState(false);
  const products = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const number = numberFormat(i18n.language);
  const sum = (count: (product: ProductView) => number) =>
    number.format(products.reduce((total, product) => total + count(product), 0));
  const about = t('about', {
    products: number.format(products.length),
    devices: sum(({ deviceCount }) => deviceCount),
    online: sum(({ onlineCount }) => onlineCount),
  });
  const create = mayCreate && (
    <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setCreating(true)}>
      {t('newProduct')}
    </Button>
  );
  return (
    <>
      <PageHeader title={t('title')} about={products.length > 0 ? about : undefined} actions={create} />
      <QueryView query={query}>
        {() => (products.length === 0 ? <NoProducts /> : <ProductList products={products} />)}
      </QueryView>
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {t('loadMore', { ns: 'common' })}
        </Button>
      )}
      {isCreating && <NewProduct onClose={() => setCreating(false)} />}
    </>
  );
}

function ProductList({ products }: { products: readonly ProductView[] }) {
  const { t, i18n } = useTranslation('fleet');
  const [search, setSearch] = useState('');
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const found = products.filter(({ name, productKey }) =>
      `${name} ${productKey}`.toLowerCase().includes(wanted),
    );
    return byAttention(found, i18n.language);
  }, [products, search, i18n.language]);
  return (
    <div className="stack">
      <Input
        data-search
        allowClear
        prefix={<SearchOutlined aria-hidden />}
        aria-label={t('searchPlaceholder')}
        placeholder={`${t('searchPlaceholder')} ( / )`}
        style={{ maxWidth: 360 }}
        onChange={({ target }) => setSearch(target.value)}
      />
      {shown.length === 0 && <Empty description={t('noResults', { ns: 'common' })} />}
      <ul className="products" aria-label={t('products', { ns: 'common' })}>
        {shown.map((product) => (
          <ProductRow key={product.productKey} product={product} />
        ))}
      </ul>
    </div>
  );
}

function NoProducts() {
  const { t } = useTranslation('fleet');
  return (
    <section className="card stack" style={{ maxWidth: 760 }}>
      <h2 style={{ margin: 0 }}>{t('emptyTitle')}</h2>
      <p style={{ margin: 0 }}>{t('emptyText')}</p>
      <CopyBlock text={COMMANDS} label={t('emptyText')} />
      <p style={{ margin: 0 }}>{t('emptyDemo')}</p>
      <CopyBlock text="npm run demo" label={t('emptyDemo')} />
    </section>
  );
}
