/** A page that administrators have: others are told so, and nothing is asked of the server in vain. */
import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import './admin.css';

export function AdminOnly({ title, children }: { title: string; children: ReactNode }) {
  const { t } = useTranslation('admin');
  const mayAdminister = useRights()('admin');
  if (mayAdminister) return children;
  return (
    <>
      <PageHeader title={title} />
      <Alert
        type="info"
        showIcon
        title={t('notAllowed', { ns: 'common' })}
        description={t('askAdministrator')}
      />
    </>
  );
}
