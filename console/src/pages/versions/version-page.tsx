/** One version: its content as devices get it, and what is known of it. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { productQuery, versionContentQuery, versionQuery } from '../../api/queries.ts';
import { NotFoundPage } from '../../app/failure-page.tsx';
import { CodeView } from '../../editor/code-view.tsx';
import { CopyButton } from '../../ui/copy-text.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { VersionActions } from './version-actions.tsx';
import { VersionDetails } from './version-details.tsx';
import { VersionTags } from './version-facts.tsx';
import './versions.css';

export function VersionPage() {
  const { t } = useTranslation(['versions', 'common']);
  const { productKey, number: given } = useParams({ from: '/in/products/$productKey/versions/$number' });
  const number = Number(given);
  const version = useQuery(versionQuery(productKey, number));
  const content = useQuery(versionContentQuery(productKey, number));
  const product = useQuery(productQuery(productKey));
  if (hasCode(version.error, 'version-not-found', 'invalid-request')) return <NotFoundPage />;
  const name = t('common:version', { number });
  const title = (
    <span className="row">
      {name} {product.data && <VersionTags number={number} product={product.data} />}
    </span>
  );
  return (
    <>
      <div className="crumbs">
        <Link to="/products/$productKey/versions" params={{ productKey }}>
          {t('versions:back')}
        </Link>
      </div>
      <PageHeader
        title={title}
        name={name}
        about={version.data?.note}
        actions={
          product.data && (
            <div className="version-actions">
              <VersionActions number={number} product={product.data} />
            </div>
          )
        }
      />
      <div className="stack">
        <QueryView query={version}>
          {(known) => product.data && <VersionDetails version={known} product={product.data} />}
        </QueryView>
        <section className="stack" style={{ gap: 8 }}>
          <div className="spread">
            <h2 style={{ margin: 0 }}>{t('versions:contentTitle')}</h2>
            <div className="row">
              <span className="muted">{t('versions:byteForByte')}</span>
              {content.data !== undefined && <CopyButton text={content.data} />}
              {number > 1 && (
                <LinkButton
                  to="/products/$productKey/versions/compare"
                  params={{ productKey }}
                  search={{ from: number - 1, to: number }}
                >
                  {t('versions:comparePrevious', { number: number - 1 })}
                </LinkButton>
              )}
            </div>
          </div>
          <QueryView query={content}>
            {(text) => <CodeView text={text} label={t('versions:contentLabel', { number })} />}
          </QueryView>
        </section>
      </div>
    </>
  );
}
