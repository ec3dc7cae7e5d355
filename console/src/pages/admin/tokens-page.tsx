/** API tokens: one's own, and for administrators everybody's. */
import { PlusOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Empty } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tokensQuery } from '../../api/admin-queries.ts';
import { api } from '../../api/client.ts';
import { useRights } from '../../app/rights.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Time } from '../../ui/time.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { NewToken } from './new-token.tsx';
import { type Token, TokenRow } from './token-row.tsx';
import './admin.css';

export function TokensPage() {
  const { t } = useTranslation(['admin', 'common']);
  const query = useInfiniteQuery(tokensQuery);
  const seesAll = useRights()('admin');
  const [isCreating, setCreating] = useState(false);
  const [revoked, setRevoked] = useState<Token>();
  return (
    <>
      <PageHeader
        title={t('common:tokens')}
        about={seesAll ? t('admin:token.aboutAll') : t('admin:token.about')}
        actions={
          <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setCreating(true)}>
            {t('admin:token.new')}
          </Button>
        }
      />
      <QueryView query={query}>
        {({ pages }) => <TokenTable tokens={pages.flatMap(({ items }) => items)} onRevoke={setRevoked} />}
      </QueryView>
      {query.hasNextPage && (
        <Button onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
          {t('common:loadMore')}
        </Button>
      )}
      {isCreating && <NewToken onClose={() => setCreating(false)} />}
      {revoked !== undefined && <Revoke token={revoked} onClose={() => setRevoked(undefined)} />}
    </>
  );
}

type TableProps = { tokens: readonly Token[]; onRevoke: (token: Token) => void };

function TokenTable({ tokens, onRevoke }: TableProps) {
  const { t } = useTranslation(['admin', 'common']);
  if (tokens.length === 0)
    return (
      <section className="card">
        <Empty description={t('admin:token.none')} />
      </section>
    );
  return (
    <div className="card admin-list">
      <div className="scroll-x">
        <table className="admin-table" aria-label={t('common:tokens')}>
          <thead>
            <tr>
              <th scope="col">{t('admin:token.name')}</th>
              <th scope="col">{t('admin:token.scopes')}</th>
              <th scope="col">{t('admin:token.createdBy')}</th>
              <th scope="col">{t('admin:token.expires')}</th>
              <th scope="col">{t('admin:token.used')}</th>
              <td>
                <span className="visually-hidden">{t('admin:actions')}</span>
              </td>
            </tr>
          </thead>
          <tbody>
            {tokens.map((token) => (
              <TokenRow key={token.id} token={token} onRevoke={() => onRevoke(token)} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Revoke({ token: { id, name, usedAt }, onClose }: { token: Token; onClose: () => void }) {
  const { t } = useTranslation('admin');
  useFocusBack();
  const revoke = useAction({
    run: () => api.tokens.remove(id),
    invalidates: [['tokens']],
    done: t('token.revoked', { name }),
    onDone: onClose,
  });
  return (
    <ConfirmEffect
      open
      title={t('token.revokeAsk', { name })}
      effect={
        <>
          <p style={{ margin: '0 0 8px' }}>{t('token.revokeEffect')}</p>
          <span className="muted">{t('token.used')}:</span> <Time value={usedAt} />
        </>
      }
      action={t('token.revoke')}
      isPending={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onCancel={onClose}
    />
  );
}
