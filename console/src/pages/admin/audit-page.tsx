/** The audit log: who did what, when, from where, and what became of it. */
import { DownloadOutlined, ReloadOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Button, Empty } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { auditQuery } from '../../api/admin-queries.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { AdminOnly } from './admin-only.tsx';
import { AuditRow } from './audit-entry.tsx';
import type { AuditEntry } from './audit-export.ts';
import { AuditExport } from './audit-export-dialog.tsx';
import { AuditFilters } from './audit-filters.tsx';
import './audit.css';

export function AuditPage() {
  const { t } = useTranslation();
  return (
    <AdminOnly title={t('audit')}>
      <Audit />
    </AdminOnly>
  );
}

function Audit() {
  const { t } = useTranslation(['admin', 'common']);
  const filter = useSearch({ from: '/in/audit' });
  const query = useInfiniteQuery(auditQuery(filter));
  const [isExporting, setExporting] = useState(false);
  return (
    <>
      <PageHeader
        title={t('common:audit')}
        about={t('admin:audit.about')}
        actions={
          <>
            <Button
              icon={<ReloadOutlined aria-hidden />}
              loading={query.isRefetching && !query.isFetchingNextPage}
              onClick={() => void query.refetch()}
            >
              {t('admin:audit.refresh')}
            </Button>
            <Button icon={<DownloadOutlined aria-hidden />} onClick={() => setExporting(true)}>
              {t('admin:audit.export')}
            </Button>
          </>
        }
      />
      <div className="stack">
        <AuditFilters filter={filter} />
        <QueryView query={query}>
          {({ pages }) => <AuditTable entries={pages.flatMap(({ items }) => items)} />}
        </QueryView>
        {query.hasNextPage && (
          <div>
            <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
              {t('common:loadMore')}
            </Button>
          </div>
        )}
      </div>
      {isExporting && <AuditExport filter={filter} onClose={() => setExporting(false)} />}
    </>
  );
}

function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  const { t } = useTranslation(['admin', 'common']);
  if (entries.length === 0) return <Empty description={t('common:noResults')} />;
  return (
    <div className="card admin-list">
      <div className="scroll-x">
        <table className="admin-table audit-table" aria-label={t('common:audit')}>
          <thead>
            <tr>
              <th scope="col">{t('admin:audit.when')}</th>
              <th scope="col">{t('admin:audit.actor')}</th>
              <th scope="col">{t('admin:audit.action')}</th>
              <th scope="col">{t('admin:audit.target')}</th>
              <th scope="col">{t('admin:audit.outcome')}</th>
              <td>
                <span className="visually-hidden">{t('admin:actions')}</span>
              </td>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <AuditRow key={entry.id} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
