/** One user, and what can be done about them. */
import { MoreOutlined } from '@ant-design/icons';
import type { UserView } from '@opencota/contract/http/people';
import { Button, Dropdown, Tag } from 'antd';
import { type SyntheticEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../app/rights.ts';
import { Time } from '../../ui/time.tsx';
import { ROLES } from '../people/roles.tsx';
import type { UserDeed } from './user-questions.tsx';

type Props = { user: UserView; onEdit: () => void; onDeed: (deed: UserDeed) => void };

export function UserRow({ user, onEdit, onDeed }: Props) {
  const { t } = useTranslation(['admin', 'account', 'common']);
  const { name } = useSession();
  const { username, roles, phone, email, hasTotp, enabled, createdAt } = user;
  return (
    <tr className={enabled ? undefined : 'is-off'}>
      <th scope="row">
        {username} {name === username && <Tag>{t('admin:user.you')}</Tag>}
      </th>
      <td data-label={t('admin:user.roles')}>
        <span className="admin-tags">
          {ROLES.filter((role) => roles.includes(role)).map((role) => (
            <Tag key={role} color={role === 'admin' ? 'blue' : 'default'}>
              {t(`account:role.${role}`)}
            </Tag>
          ))}
        </span>
      </td>
      <td data-label={t('admin:user.contact')}>
        <span>
          {phone !== null && <div className="nowrap">{phone}</div>}
          {email !== null && <div style={{ overflowWrap: 'anywhere' }}>{email}</div>}
          {phone === null && email === null && <span className="muted">{t('common:none')}</span>}
        </span>
      </td>
      <td data-label={t('account:totpTitle')}>
        {hasTotp ? t('account:totpOn') : <span className="muted">{t('account:totpOff')}</span>}
      </td>
      <td data-label={t('admin:user.state')}>
        <UserState user={user} />
      </td>
      <td data-label={t('admin:user.since')}>
        <Time value={createdAt} />
      </td>
      <td className="cell-actions">
        <UserActions user={user} onEdit={onEdit} onDeed={onDeed} />
      </td>
    </tr>
  );
}

function UserState({ user: { enabled, mustChangePassword } }: { user: UserView }) {
  const { t } = useTranslation('admin');
  return (
    <span className="admin-tags">
      {enabled ? <Tag color="success">{t('user.enabled')}</Tag> : <Tag>{t('user.disabled')}</Tag>}
      {mustChangePassword && <Tag color="warning">{t('user.oneTimePending')}</Tag>}
    </span>
  );
}

function UserActions({ user, onEdit, onDeed }: Props) {
  const { t } = useTranslation('admin');
  const { username, enabled, hasTotp } = user;
  const menuButton = useRef<HTMLButtonElement>(null);
  const item = (deed: UserDeed, more: { danger?: boolean; disabled?: boolean } = {}) => ({
    key: deed,
    label: `${t(`user.do.${deed}`)}…`,
    onClick({ domEvent }: { domEvent: SyntheticEvent }) {
      // Or the Enter that chose it would press a button of the dialog that opens now.
      domEvent.preventDefault();
      // The menu goes; when the dialog has gone as well, the keyboard is back here.
      menuButton.current?.focus();
      onDeed(deed);
    },
    ...more,
  });
  const keepFocus = (isOpen: boolean) => {
    if (!isOpen && document.activeElement?.closest('[role=menu]')) menuButton.current?.focus();
  };
  const items = [
    item('resetPassword'),
    item('resetTotp', { disabled: !hasTotp }),
    enabled ? item('disable') : item('enable'),
    { type: 'divider' as const },
    item('remove', { danger: true }),
  ];
  return (
    <>
      <Button size="small" aria-label={t('user.edit', { username })} onClick={onEdit}>
        {t('user.editShort')}
      </Button>{' '}
      <Dropdown
        autoFocus
        menu={{ items }}
        trigger={['click']}
        placement="bottomRight"
        onOpenChange={keepFocus}
      >
        <Button
          ref={menuButton}
          size="small"
          icon={<MoreOutlined aria-hidden />}
          aria-label={t('user.more', { username })}
        />
      </Dropdown>
    </>
  );
}
