/** The devices of a product, a page at a time. */
import { PlusOutlined, UploadOutlined } from '@ant-design/icons';
import type { DeviceListView } from '@opencota/contract/http/devices';
import type { ProductView } from '@opencota/contract/http/products';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button, Empty } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../../api/queries.ts';
import { useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { filtersOf, withoutFilters } from './device-filter.ts';
import { DeviceFilters } from './device-filters.tsx';
import { DevicePager } from './device-pager.tsx';
import { devicesQuery } from './device-queries.ts';
import { DeviceTable } from './device-table.tsx';
import { NewDevice } from './new-device.tsx';
import { NoDevices } from './no-devices.tsx';
import './devices.css';

export const DEVICES_ROUTE = '/in/products/$productKey/devices';

export function DevicesPage() {
  const { t } = useTranslation('devices');
  const { productKey } = useParams({ from: DEVICES_ROUTE });
  const product = useQuery(productQuery(productKey));
  const mayWrite = useRights()('devices:write');
  const [isAdding, setAdding] = useState(false);
  const total = product.data?.deviceCount ?? 0;
  // A product without devices says itself how they come.
  const actions = mayWrite && total > 0 && (
    <>
      <LinkButton to="/products/$productKey/import-devices" params={{ productKey }}>
        <UploadOutlined aria-hidden /> {t('import')}
      </LinkButton>
      <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setAdding(true)}>
        {t('add')}
      </Button>
    </>
  );
  return (
    <>
      <PageHeader
        title={t('devices', { ns: 'common' })}
        about={total > 0 ? t('about', { online: product.data?.onlineCount ?? 0, total }) : undefined}
        actions={actions}
      />
      <QueryView query={product}>
        {(data) => <Devices product={data} onAdd={mayWrite ? () => setAdding(true) : undefined} />}
      </QueryView>
      {isAdding && <NewDevice productKey={productKey} onClose={() => setAdding(false)} />}
    </>
  );
}

type Product = ProductView & { usage: readonly { version: number; deviceCount: number }[] };

function Devices({ product, onAdd }: { product: Product; onAdd: (() => void) | undefined }) {
  const search = useSearch({ from: DEVICES_ROUTE });
  const query = useQuery(devicesQuery(product.productKey, search));
  const isFiltered = filtersOf(search).length > 0;
  if (product.deviceCount === 0 && !isFiltered && query.data?.items.length === 0)
    return <NoDevices product={product} onAdd={onAdd} />;
  return (
    <div className="stack">
      <DeviceFilters product={product} />
      <QueryView query={query}>
        {({ items, nextCursor }) => (
          <div className="stack" aria-busy={query.isPlaceholderData}>
            <Rows product={product} items={items} />
            <DevicePager
              count={items.length}
              nextCursor={nextCursor}
              total={isFiltered ? undefined : product.deviceCount}
            />
          </div>
        )}
      </QueryView>
      {query.data === undefined && query.isError && search.cursor !== undefined && (
        <div>
          <FirstPage />
        </div>
      )}
    </div>
  );
}

/** The way out of an address that names no page: past the end, copied in part, or from another list. */
function FirstPage() {
  const { t } = useTranslation('devices');
  const navigate = useNavigate({ from: '/products/$productKey/devices' });
  return (
    <Button onClick={() => void navigate({ search: ({ cursor: _, ...rest }) => rest })}>
      {t('firstPage')}
    </Button>
  );
}

function Rows({ product, items }: { product: Product; items: readonly DeviceListView[] }) {
  const { t } = useTranslation('devices');
  const navigate = useNavigate({ from: '/products/$productKey/devices' });
  const search = useSearch({ from: DEVICES_ROUTE });
  if (items.length > 0) return <DeviceTable product={product} devices={items} />;
  const isFiltered = filtersOf(search).length > 0;
  return (
    <section className="card">
      <Empty description={isFiltered ? t('noMatch') : t('pastEnd')}>
        {isFiltered ? (
          <Button onClick={() => void navigate({ search: withoutFilters(search) })}>
            {t('clearFilters')}
          </Button>
        ) : (
          <FirstPage />
        )}
      </Empty>
    </section>
  );
}
