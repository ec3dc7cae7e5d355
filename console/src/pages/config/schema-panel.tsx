/** A product's schema: look at it, set it, remove it. Part of the product's settings. */
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { CodeView } from '../../editor/code-view.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { SchemaForm } from './schema-form.tsx';
import { schemaQuery } from './schema-query.ts';
import './config.css';

export function SchemaPanel({ productKey }: { productKey: string }) {
  const { t } = useTranslation(['config', 'common']);
  const query = useQuery(schemaQuery(productKey));
  const mayWrite = useRights()('configs:write');
  // What is being typed stays, also when somebody else removes the schema meanwhile.
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="card stack" aria-labelledby="schema">
      <div>
        <h2 id="schema" style={{ marginBottom: 4 }}>
          {t('config:schemaTitle')}
        </h2>
        <div className="muted">{t('config:schemaAbout')}</div>
      </div>
      <QueryView query={query}>
        {(schema) => {
          if (schema !== null && !mayWrite)
            return <CodeView text={schema.text} label={t('config:schemaLabel')} />;
          if (schema !== null || isOpen)
            return (
              <SchemaForm
                productKey={productKey}
                schema={schema}
                onEdit={() => setOpen(true)}
                onGone={() => setOpen(false)}
              />
            );
          return (
            <div className="row">
              <span>{t('config:schemaNone')}</span>
              {mayWrite && <Button onClick={() => setOpen(true)}>{t('config:schemaAdd')}</Button>}
            </div>
          );
        }}
      </QueryView>
    </section>
  );
}
