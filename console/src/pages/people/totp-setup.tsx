/** An authenticator app in three steps: the password, the first code, the recovery codes. */
import { Alert, Button, Modal, Skeleton } from 'antd';
import { lazy, Suspense, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { CODE_DIGITS, CodeBoxes } from '../../step-up/code-boxes.tsx';
import { CopyText } from '../../ui/copy-text.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { OwnProblem } from './own-problem.tsx';
import { PasswordForm } from './password-form.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';

const TotpQr = lazy(async () => ({ default: (await import('./totp-qr.tsx')).TotpQr }));

type Step =
  | { kind: 'password' }
  | { kind: 'code'; secret: string; uri: string }
  | { kind: 'recovery'; codes: readonly string[] };

export function TotpSetup({ username, onClose }: { username: string; onClose: () => void }) {
  const { t } = useTranslation('account');
  useFocusBack();
  const [step, setStep] = useState<Step>({ kind: 'password' });
  const begin = useAction({
    run: (currentPassword: string) => api.session.beginTotp({ currentPassword }),
    onDone: (begun) => setStep({ kind: 'code', ...begun }),
  });
  const mustKeep = step.kind === 'recovery';
  return (
    <Modal
      open
      title={mustKeep ? t('recoveryTitle') : t('totpSetUp')}
      footer={null}
      closable={!mustKeep}
      mask={{ closable: false }}
      keyboard={!mustKeep}
      onCancel={onClose}
    >
      {step.kind === 'password' && (
        <PasswordForm
          action={t('goOn')}
          isPending={begin.isPending}
          error={begin.error}
          onSubmit={begin.mutate}
        />
      )}
      {step.kind === 'code' && (
        <FirstCode {...step} onConfirmed={(codes) => setStep({ kind: 'recovery', codes })} />
      )}
      {step.kind === 'recovery' && <RecoveryCodes codes={step.codes} username={username} onClose={onClose} />}
    </Modal>
  );
}

type FirstCodeProps = { secret: string; uri: string; onConfirmed: (codes: readonly string[]) => void };

function FirstCode({ secret, uri, onConfirmed }: FirstCodeProps) {
  const { t } = useTranslation('account');
  const id = useId();
  const [code, setCode] = useState('');
  const confirm = useAction({
    run: () => api.session.confirmTotp({ code }),
    invalidates: [['session'], ['users']],
    onDone: ({ recoveryCodes }) => onConfirmed(recoveryCodes),
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (code.length === CODE_DIGITS) confirm.mutate(undefined, { onError: () => setCode('') });
      }}
    >
      <div className="totp-scan">
        <div className="totp-code">
          <Suspense fallback={<Skeleton.Node active style={{ width: 220, height: 220 }} />}>
            <TotpQr uri={uri} label={t('qrLabel')} />
          </Suspense>
        </div>
        <div className="stack">
          <span>{t('scan')}</span>
          <div>
            <div className="muted">{t('secretByHand')}</div>
            <CopyText text={secret} />
          </div>
        </div>
      </div>
      <div>
        <label htmlFor={id} style={{ display: 'block', marginBottom: 8 }}>
          {t('firstCode', { count: CODE_DIGITS })}
        </label>
        <CodeBoxes id={id} autoFocus value={code} onChange={setCode} />
      </div>
      <OwnProblem error={confirm.error} />
      <Alert type="info" title={t('notYet')} />
      <Button
        type="primary"
        htmlType="submit"
        disabled={code.length !== CODE_DIGITS}
        loading={confirm.isPending}
      >
        {t('confirmCode')}
      </Button>
    </form>
  );
}
