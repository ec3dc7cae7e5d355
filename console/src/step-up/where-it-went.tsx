/** Where to look for the code. A code in the server's log is a makeshift, and is marked as one. */
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';

export function WhereItWent({ channel, address }: { channel: string; address: string }) {
  const { t } = useTranslation('rollouts');
  if (channel === 'log')
    return (
      <Alert type="warning" showIcon title={t('stepUp.went.log')} description={t('stepUp.went.logWhy')} />
    );
  if (channel === 'totp') return <p style={{ margin: 0 }}>{t('stepUp.went.totp')}</p>;
  const text = channel === 'sms' ? t('stepUp.went.sms', { address }) : t('stepUp.went.email', { address });
  return (
    <p role="status" style={{ margin: 0 }}>
      {text}
    </p>
  );
}
