/** What is asked before something is done to a user: its effect, with what goes along. */
import type { UserView } from '@opencota/contract/http/people';
import { useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tokensOfQuery } from '../../api/admin-queries.ts';
import { api } from '../../api/client.ts';
import { useSession } from '../../app/rights.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { OneTimePassword } from './user-dialog.tsx';

export type UserDeed = 'disable' | 'enable' | 'resetPassword' | 'resetTotp' | 'remove';

type Props = { user: UserView; onClose: () => void };

const RUN: Readonly<Record<Exclude<UserDeed, 'resetPassword'>, (username: string) => Promise<unknown>>> = {
  disable: (username) => api.users.update(username, { enabled: false }),
  enable: (username) => api.users.update(username, { enabled: true }),
  resetTotp: (username) => api.users.resetTotp(username),
  remove: (username) => api.users.remove(username),
};

export function UserQuestion({ deed, ...props }: Props & { deed: UserDeed }) {
  if (deed === 'resetPassword') return <ResetPassword {...props} />;
  return <PlainDeed deed={deed} {...props} />;
}

function PlainDeed({ deed, user, onClose }: Props & { deed: keyof typeof RUN }) {
  const { t } = useTranslation('admin');
  useFocusBack();
  const { username } = user;
  const act = useAction({
    run: () => RUN[deed](username),
    invalidates: [['users'], ['tokens'], ['session']],
    done: t(`user.done.${deed}`, { username }),
    onDone: onClose,
  });
  return (
    <ConfirmEffect
      open
      title={t(`user.ask.${deed}`, { username })}
      effect={
        <Effect user={user} hasTokens={deed === 'remove' || deed === 'disable'}>
          {t(`user.effect.${deed}`, { username })}
        </Effect>
      }
      action={t(`user.do.${deed}`)}
      isDangerous={deed !== 'enable'}
      {...(deed === 'remove' && { word: username })}
      isPending={act.isPending}
      error={act.error}
      onConfirm={() => act.mutate()}
      onCancel={onClose}
    />
  );
}

function ResetPassword({ user, onClose }: Props) {
  const { t } = useTranslation('admin');
  useFocusBack();
  const { username } = user;
  const [oneTimePassword, setOneTimePassword] = useState<string>();
  const reset = useAction({
    run: () => api.users.resetPassword(username),
    invalidates: [['users']],
    onDone: (made) => setOneTimePassword(made.oneTimePassword),
  });
  if (oneTimePassword !== undefined)
    return <OneTimePassword username={username} oneTimePassword={oneTimePassword} onClose={onClose} />;
  return (
    <ConfirmEffect
      open
      title={t('user.ask.resetPassword', { username })}
      effect={<Effect user={user}>{t('user.effect.resetPassword', { username })}</Effect>}
      action={t('user.do.resetPassword')}
      isPending={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate()}
      onCancel={onClose}
    />
  );
}

/** Whoever is about to shut themselves out is told so; of the last administrator the server lets nobody do it. */
function Effect({
  user,
  hasTokens = false,
  children,
}: {
  user: UserView;
  hasTokens?: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation('admin');
  const { name } = useSession();
  return (
    <div className="stack">
      <div>{children}</div>
      {hasTokens && <TokensOf username={user.username} />}
      {name === user.username && <Alert type="warning" showIcon title={t('user.thatIsYou')} />}
    </div>
  );
}

const NAMES_MAX = 8;

function TokensOf({ username }: { username: string }) {
  const { t, i18n } = useTranslation('admin');
  const { data } = useQuery(tokensOfQuery(username));
  if (data === undefined || data.length === 0) return null;
  const shown = data.slice(0, NAMES_MAX).join(', ');
  const names = data.length > NAMES_MAX ? `${shown}, …` : shown;
  return (
    <div>
      {t('user.tokensStop', { number: numberFormat(i18n.language).format(data.length) })}{' '}
      <span className="mono">{names}</span>
    </div>
  );
}
