/** What can be done with a rollout now: what the server would accept, for whom it would. */
import type { RolloutAction } from '@opencota/contract/http/client';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useRights } from '../../app/rights.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { useAction } from '../../ui/use-action.ts';
import { badOf } from './progress.ts';

export function RolloutActions({ rollout }: { rollout: RolloutView }) {
  const { t, i18n } = useTranslation(['rollouts', 'common']);
  const { id, productKey, allowedActions, pauseReason, counters, open } = rollout;
  const mayAct = useRights()('rollouts:write');
  const [isCancelling, setCancelling] = useState(false);
  const act = useAction({
    run: (action: RolloutAction) => api.rollouts.act(id, action),
    invalidates: [['rollout', id], ['product', productKey], ['products']],
    onDone: () => setCancelling(false),
  });
  const bad = badOf(counters);
  const number = numberFormat(i18n.language);
  const offers = (action: RolloutAction) => mayAct && allowedActions.includes(action);
  const isDoing = (action: RolloutAction) => act.isPending && act.variables === action;
  if (!mayAct && allowedActions.length > 0) return <span className="muted">{t('common:notAllowed')}</span>;
  return (
    <div className="stack rollout-actions">
      <div className="row">
        {offers('retry-failed') && (
          <Button
            type={allowedActions.includes('pause') ? 'default' : 'primary'}
            loading={isDoing('retry-failed')}
            onClick={() => act.mutate('retry-failed')}
          >
            {t('rollouts:actions.retry', { count: bad, devices: number.format(bad) })}
          </Button>
        )}
        {bad > 0 && allowedActions.length > 0 && (
          <LinkButton to="/products/$productKey/versions" params={{ productKey }}>
            {t('rollouts:actions.rollBack')}
          </LinkButton>
        )}
        {offers('pause') && (
          <Button loading={isDoing('pause')} onClick={() => act.mutate('pause')}>
            {t('rollouts:actions.pause')}
          </Button>
        )}
        {offers('resume') && (
          <Button type="primary" loading={isDoing('resume')} onClick={() => act.mutate('resume')}>
            {t('rollouts:actions.resume')}
          </Button>
        )}
        {pauseReason === 'switch-off' && !offers('resume') && (
          <LinkButton to="/products/$productKey" params={{ productKey }}>
            {t('rollouts:gate.toSwitch')}
          </LinkButton>
        )}
        {offers('cancel') && (
          <Button danger onClick={() => setCancelling(true)}>
            {t('rollouts:actions.cancel')}
          </Button>
        )}
      </div>
      {act.error !== null && !isCancelling && <ProblemAlert error={act.error} />}
      <ConfirmEffect
        open={isCancelling}
        title={t('rollouts:actions.cancelTitle', { id })}
        effect={t('rollouts:actions.cancelEffect', { count: open, devices: number.format(open) })}
        action={t('rollouts:actions.cancelAction', { count: open, devices: number.format(open) })}
        isPending={isDoing('cancel')}
        error={act.error}
        onConfirm={() => act.mutate('cancel')}
        onCancel={() => {
          setCancelling(false);
          act.reset();
        }}
      />
    </div>
  );
}
