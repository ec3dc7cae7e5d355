/** The server: what it is, where devices reach it, how its codes go out, and the settings in force. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { serverQuery } from '../../api/queries.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { AdminOnly } from './admin-only.tsx';
import { ServerAddresses, ServerFacts } from './server-facts.tsx';
import { SettingsTable } from './settings-table.tsx';
import { TestMessages } from './test-messages.tsx';
import './settings.css';

export function SettingsPage() {
  const { t } = useTranslation(['admin', 'common']);
  const query = useQuery(serverQuery);
  return (
    <AdminOnly title={t('common:settings')}>
      <PageHeader title={t('common:settings')} about={t('admin:server.about')} />
      <QueryView query={query}>
        {(server) => (
          <div className="stack">
            <div className="cards">
              <ServerFacts server={server} />
              <ServerAddresses server={server} />
            </div>
            <TestMessages server={server} />
            {server.settings !== undefined && <SettingsTable settings={server.settings} />}
          </div>
        )}
      </QueryView>
    </AdminOnly>
  );
}
