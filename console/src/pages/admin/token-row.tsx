/** One API token: what it may do, until when, and when it was last used. */
import { DeleteOutlined } from '@ant-design/icons';
import type { TokenView } from '@opencota/contract/http/people';
import { Button, Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { Time, useNow } from '../../ui/time.tsx';
import { isDangerous, SCOPES, scopeKey } from './scopes.ts';
import { tokenLife } from './token-time.ts';

export type Token = Static<typeof TokenView>;

export function TokenRow({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const { t } = useTranslation('admin');
  const { name, scopes, createdBy, createdAt, expiresAt, usedAt } = token;
  const life = tokenLife(expiresAt, useNow());
  return (
    <tr className={life === 'expired' ? 'is-off' : undefined}>
      <th scope="row">{name}</th>
      <td data-label={t('token.scopes')}>
        <span className="admin-tags">
          {scopes.map((scope) => (
            <ScopeTag key={scope} scope={scope} />
          ))}
        </span>
      </td>
      <td data-label={t('token.createdBy')}>
        <span>
          {createdBy}{' '}
          <span className="muted">
            · <Time value={createdAt} />
          </span>
        </span>
      </td>
      <td data-label={t('token.expires')}>
        <span>
          <Time value={expiresAt} /> {life === 'expired' && <Tag color="error">{t('token.expired')}</Tag>}
          {life === 'ending' && <Tag color="warning">{t('token.ending')}</Tag>}
        </span>
      </td>
      <td data-label={t('token.used')}>
        <Time value={usedAt} />
      </td>
      <td className="cell-actions">
        <Button
          size="small"
          danger
          icon={<DeleteOutlined aria-hidden />}
          aria-label={t('token.revokeNamed', { name })}
          onClick={onRevoke}
        >
          {t('token.revoke')}
        </Button>
      </td>
    </tr>
  );
}

function ScopeTag({ scope }: { scope: string }) {
  const { t } = useTranslation('admin');
  const known = SCOPES.find((each) => each === scope);
  const tag = <Tag color={isDangerous(scope) ? 'error' : 'default'}>{scope}</Tag>;
  return known === undefined ? tag : <Tooltip title={t(`scope.${scopeKey(known)}`)}>{tag}</Tooltip>;
}
