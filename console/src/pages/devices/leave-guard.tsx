/** Holds a person who is about to leave what cannot be read again: inside the console with a question, at its border with the browser's own. */
import { useBlocker } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';

export function LeaveGuard({ isHolding, effect }: { isHolding: boolean; effect: string }) {
  const { t } = useTranslation('devices');
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isHolding && current.pathname !== next.pathname,
    enableBeforeUnload: () => isHolding,
    withResolver: true,
  });
  return (
    <ConfirmEffect
      open={blocker.status === 'blocked'}
      title={t('importPage.leaveTitle')}
      effect={effect}
      action={t('importPage.leave')}
      onConfirm={() => blocker.proceed?.()}
      onCancel={() => blocker.reset?.()}
    />
  );
}
