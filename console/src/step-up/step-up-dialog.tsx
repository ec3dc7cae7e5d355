/** Asks for the code: says where it went, how long it is good for, and what to do when it does not come. */
import { useQuery } from '@tanstack/react-query';
import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../api/queries.ts';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { useFocusBack } from '../ui/use-focus-back.ts';
import type { Need } from './challenge.ts';
import { CodeForm } from './code-form.tsx';
import type { Challenge } from './use-challenge.ts';

type Props = {
  productKey: string;
  need: Need;
  challenge: Challenge;
  onVerified: () => void;
  onGiveUp: () => void;
};

export function StepUpDialog({ productKey, need, challenge, onVerified, onGiveUp }: Props) {
  const { t } = useTranslation(['rollouts', 'common']);
  useFocusBack();
  const { sent, send, verify } = challenge;
  const { data: product } = useQuery(productQuery(productKey));
  const name = product?.name ?? productKey;
  const [trustBrowser, setTrustBrowser] = useState(false);
  const about =
    need.version === undefined
      ? t('rollouts:stepUp.about', { name })
      : t('rollouts:stepUp.aboutVersion', { name, number: need.version });
  return (
    <Modal
      open
      title={t('rollouts:stepUp.title')}
      onCancel={onGiveUp}
      footer={null}
      mask={{ closable: false }}
    >
      <div className="stack">
        <p style={{ margin: 0 }}>{about}</p>
        {send.error !== null && (
          <ProblemAlert error={send.error} onRetry={() => challenge.sendAgain(undefined)} />
        )}
        {sent === undefined && send.isPending && <p role="status">{t('rollouts:stepUp.sending')}</p>}
        {sent !== undefined && (
          // Another code is another form: what was typed for the one before is gone.
          <CodeForm
            key={sent.challengeId}
            challenge={challenge}
            need={need}
            trustBrowser={trustBrowser}
            onTrustBrowser={setTrustBrowser}
            onVerified={onVerified}
          />
        )}
        {sent === undefined && (
          <div>
            <Button onClick={onGiveUp}>{t('common:cancel')}</Button>
          </div>
        )}
      </div>
      <span className="visually-hidden" aria-live="polite">
        {verify.isPending ? t('rollouts:stepUp.checking') : ''}
      </span>
    </Modal>
  );
}
