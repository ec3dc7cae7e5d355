/** Who is signed in, what the roles allow, and where codes go. What only an administrator can change is said. */
import type { UserView } from '@opencota/contract/http/people';
import { Link } from '@tanstack/react-router';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { Time } from '../../ui/time.tsx';
import { RoleMeanings } from './roles.tsx';

export function AccountWho({ user }: { user: UserView }) {
  return (
    <>
      <Who user={user} />
      <Contact user={user} />
    </>
  );
}

function Who({ user: { username, roles, createdAt } }: { user: UserView }) {
  const { t } = useTranslation('account');
  const title = useId();
  return (
    <section className="card stack" aria-labelledby={title}>
      <h2 id={title} style={{ margin: 0 }}>
        {t('whoTitle')}
      </h2>
      <dl className="facts">
        <dt>{t('username', { ns: 'people' })}</dt>
        <dd>
          <b>{username}</b>
        </dd>
        <dt>{t('since')}</dt>
        <dd>
          <Time value={createdAt} />
        </dd>
      </dl>
      <div>
        <h3 className="muted" style={{ margin: '0 0 6px', fontSize: 13, fontWeight: 400 }}>
          {t('rolesTitle')}
        </h3>
        <RoleMeanings roles={roles} />
      </div>
    </section>
  );
}

function Contact({ user: { phone, email, language } }: { user: UserView }) {
  const { t } = useTranslation('account');
  const mayAdminister = useRights()('admin');
  const title = useId();
  const none = <span className="muted">{t('none', { ns: 'common' })}</span>;
  return (
    <section className="card stack" aria-labelledby={title}>
      <h2 id={title} style={{ margin: 0 }}>
        {t('contactTitle')}
      </h2>
      <dl className="facts">
        <dt>{t('phone')}</dt>
        <dd>{phone ?? none}</dd>
        <dt>{t('email')}</dt>
        <dd>{email ?? none}</dd>
        <dt>{t('messageLanguage')}</dt>
        <dd>{t(`languageName.${language}`)}</dd>
      </dl>
      <p className="muted" style={{ margin: 0 }}>
        {t('contactWho')}
      </p>
      {mayAdminister && <Link to="/users">{t('contactChange')}</Link>}
    </section>
  );
}
