/** Why a push was not made. Giving up the second factor is no error. */
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';

export function PushFailure({ error }: { error: unknown }) {
  const { t } = useTranslation('rollouts');
  if (!hasCode(error, 'step-up-required')) return <ProblemAlert error={error} />;
  return <Alert type="info" showIcon role="alert" title={t('push.notVerified')} />;
}
