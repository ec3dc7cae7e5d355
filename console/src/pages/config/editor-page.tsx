/** The editor of a product's configuration: one draft, kept on the server while it is typed. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { productQuery, versionContentQuery } from '../../api/queries.ts';
import { useRights, useSession } from '../../app/rights.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { openingQuery } from './opening.ts';
import { schemaQuery } from './schema-query.ts';
import { Workbench } from './workbench.tsx';

export function EditorPage() {
  const { t } = useTranslation('config');
  const { productKey } = useParams({ from: '/in/products/$productKey/config' });
  const { name: username } = useSession();
  const mayWrite = useRights()('configs:write');
  const opening = useQuery(openingQuery(productKey));
  const product = useQuery(productQuery(productKey));
  const schema = useQuery(schemaQuery(productKey));
  const base = useBase(productKey, product.data?.latestVersion ?? 0);
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <div className="stack">
        {!mayWrite && <Alert type="info" showIcon title={t('readOnly')} />}
        <QueryView query={product}>
          {(known) => (
            <QueryView query={opening}>
              {(opened) => (
                <Workbench
                  key={productKey}
                  owner={{ productKey, username }}
                  product={known}
                  opening={opened}
                  schema={schema.data ?? null}
                  base={base}
                  mayWrite={mayWrite}
                />
              )}
            </QueryView>
          )}
        </QueryView>
      </div>
    </>
  );
}

/** The latest saved version, which the draft is compared with. */
function useBase(productKey: string, number: number) {
  const { data } = useQuery({ ...versionContentQuery(productKey, number), enabled: number > 0 });
  return data === undefined || number === 0 ? undefined : { number, text: data };
}
