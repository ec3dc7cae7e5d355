/** One's own account: who I am, how I sign in, how I prove that a push is mine. */
import { useTranslation } from 'react-i18next';
import { useSession } from '../../app/rights.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { AccountPassword } from './account-password.tsx';
import { AccountTotp } from './account-totp.tsx';
import { AccountWho } from './account-who.tsx';
import './account.css';

export function AccountPage() {
  const { t } = useTranslation('account');
  const { user } = useSession();
  return (
    <>
      <PageHeader title={t('account', { ns: 'common' })} about={t('about')} />
      {user !== null && (
        <div className="account-grid">
          <div className="stack">
            <AccountWho user={user} />
          </div>
          <div className="stack">
            <AccountTotp user={user} />
            <AccountPassword />
          </div>
        </div>
      )}
    </>
  );
}
