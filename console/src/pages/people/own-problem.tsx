/** Refusals that mean something else here than elsewhere: which password, which code. */
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';

const PASSWORD_FAULTS = ['common', 'unchanged'] as const;

export function OwnProblem({ error }: { error: unknown }) {
  const { t } = useTranslation('account');
  if (error === null) return null;
  const text = (title: string) => <Alert type="error" showIcon role="alert" title={title} />;
  if (hasCode(error, 'sign-in-failed')) return text(t('wrongPassword'));
  if (hasCode(error, 'step-up-failed')) return text(t('wrongCode'));
  const fault = hasCode(error, 'invalid-request')
    ? PASSWORD_FAULTS.find((each) => each === error.members.reason)
    : undefined;
  return fault === undefined ? <ProblemAlert error={error} /> : text(t(`passwordFault.${fault}`));
}
