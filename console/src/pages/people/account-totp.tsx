/** The second factor: whether an authenticator app is set up, and how a code comes without one. */
import type { UserView } from '@opencota/contract/http/people';
import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Modal, Tag } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { serverQuery } from '../../api/queries.ts';
import { useAction } from '../../ui/use-action.ts';
import { codeWay } from './code-way.ts';
import { PasswordForm } from './password-form.tsx';
import { TotpSetup } from './totp-setup.tsx';

export function AccountTotp({ user }: { user: UserView }) {
  const { t } = useTranslation('account');
  const [asked, setAsked] = useState<'setup' | 'remove'>();
  const title = useId();
  const close = () => setAsked(undefined);
  return (
    <section className="card stack" aria-labelledby={title} style={{ alignItems: 'flex-start' }}>
      <div className="row">
        <h2 id={title} style={{ margin: 0 }}>
          {t('totpTitle')}
        </h2>
        <Tag color={user.hasTotp ? 'success' : 'default'}>{user.hasTotp ? t('totpOn') : t('totpOff')}</Tag>
      </div>
      <p style={{ margin: 0 }}>{t('totpAbout')}</p>
      <CodeWay user={user} />
      {user.hasTotp ? (
        <Button danger onClick={() => setAsked('remove')}>
          {t('totpRemove')}
        </Button>
      ) : (
        <Button type="primary" onClick={() => setAsked('setup')}>
          {t('totpSetUp')}
        </Button>
      )}
      {asked === 'setup' && <TotpSetup username={user.username} onClose={close} />}
      {asked === 'remove' && <TotpRemove onClose={close} />}
    </section>
  );
}

function CodeWay({ user }: { user: UserView }) {
  const { t } = useTranslation('account');
  const { data: server } = useQuery(serverQuery);
  if (server === undefined) return null;
  const way = codeWay(user, server);
  if (way === 'log')
    return <Alert type="warning" showIcon title={t('way.log')} description={t('way.logWhy')} />;
  return (
    <p className="muted" style={{ margin: 0 }}>
      {way === 'totp' && t('way.totp')}
      {way === 'sms' && t('way.sms', { address: user.phone })}
      {way === 'email' && t('way.email', { address: user.email })}
    </p>
  );
}

function TotpRemove({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('account');
  const remove = useAction({
    run: (currentPassword: string) => api.session.removeTotp({ currentPassword }),
    invalidates: [['session'], ['users']],
    done: t('totpRemoved'),
    onDone: onClose,
  });
  return (
    <Modal open title={t('totpRemove')} footer={null} onCancel={onClose}>
      <p>{t('totpRemoveEffect')}</p>
      <PasswordForm
        action={t('totpRemove')}
        isDangerous
        isPending={remove.isPending}
        error={remove.error}
        onSubmit={remove.mutate}
      />
    </Modal>
  );
}
