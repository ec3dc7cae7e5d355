/** Who may use the server, and as what. */
import { UserAddOutlined } from '@ant-design/icons';
import type { UserView } from '@opencota/contract/http/people';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usersQuery } from '../../api/admin-queries.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { AdminOnly } from './admin-only.tsx';
import { EditUser, NewUser } from './user-dialog.tsx';
import { type UserDeed, UserQuestion } from './user-questions.tsx';
import { UserRow } from './user-row.tsx';

type Asked =
  | { kind: 'new' }
  | { kind: 'edit'; user: UserView }
  | { kind: 'deed'; deed: UserDeed; user: UserView };

export function UsersPage() {
  const { t } = useTranslation();
  return (
    <AdminOnly title={t('users')}>
      <Users />
    </AdminOnly>
  );
}

function Users() {
  const { t } = useTranslation(['admin', 'common']);
  const query = useInfiniteQuery(usersQuery);
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  return (
    <>
      <PageHeader
        title={t('common:users')}
        about={t('admin:user.about')}
        actions={
          <Button
            type="primary"
            icon={<UserAddOutlined aria-hidden />}
            onClick={() => setAsked({ kind: 'new' })}
          >
            {t('admin:user.new')}
          </Button>
        }
      />
      <QueryView query={query}>
        {({ pages }) => <UserTable users={pages.flatMap(({ items }) => items)} onAsk={setAsked} />}
      </QueryView>
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {t('common:loadMore')}
        </Button>
      )}
      {asked?.kind === 'new' && <NewUser onClose={close} />}
      {asked?.kind === 'edit' && <EditUser user={asked.user} onClose={close} />}
      {asked?.kind === 'deed' && <UserQuestion deed={asked.deed} user={asked.user} onClose={close} />}
    </>
  );
}

type TableProps = { users: readonly UserView[]; onAsk: (asked: Asked) => void };

function UserTable({ users, onAsk }: TableProps) {
  const { t } = useTranslation(['admin', 'account', 'common', 'people']);
  return (
    <div className="card admin-list">
      <div className="scroll-x">
        <table className="admin-table" aria-label={t('common:users')}>
          <thead>
            <tr>
              <th scope="col">{t('people:username')}</th>
              <th scope="col">{t('admin:user.roles')}</th>
              <th scope="col">{t('admin:user.contact')}</th>
              <th scope="col">{t('account:totpTitle')}</th>
              <th scope="col">{t('admin:user.state')}</th>
              <th scope="col">{t('admin:user.since')}</th>
              <td>
                <span className="visually-hidden">{t('admin:actions')}</span>
              </td>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <UserRow
                key={user.username}
                user={user}
                onEdit={() => onAsk({ kind: 'edit', user })}
                onDeed={(deed) => onAsk({ kind: 'deed', deed, user })}
              />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
