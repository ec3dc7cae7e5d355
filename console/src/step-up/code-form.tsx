/** The code, and whether this browser is to be trusted from now on. */
import { Alert, Button, Checkbox, Input } from 'antd';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { failureOf, type Need } from './challenge.ts';
import { CODE_DIGITS, CodeBoxes } from './code-boxes.tsx';
import { OtherWays } from './other-ways.tsx';
import type { Challenge } from './use-challenge.ts';
import { WhereItWent } from './where-it-went.tsx';

/** As the server keeps it. */
const TRUSTED_DAYS = 30;

type Props = {
  challenge: Challenge;
  need: Need;
  trustBrowser: boolean;
  onTrustBrowser: (trust: boolean) => void;
  onVerified: () => void;
};

export function CodeForm({ challenge, need, trustBrowser, onTrustBrowser, onVerified }: Props) {
  const { t } = useTranslation('rollouts');
  const form = useRef<HTMLFormElement>(null);
  const { sent, verify } = challenge;
  const [code, setCode] = useState('');
  const [isRecovery, setRecovery] = useState(false);
  const isWhole = isRecovery ? code.trim() !== '' : code.length === CODE_DIGITS;
  const submit = () => {
    if (!isWhole || verify.isPending) return;
    verify.mutate(
      { code, trustBrowser },
      {
        onSuccess: onVerified,
        onError() {
          setCode('');
          form.current?.querySelector('input')?.focus();
        },
      },
    );
  };
  if (sent === undefined) return null;
  return (
    <form
      ref={form}
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {isRecovery ? (
        <p style={{ margin: 0 }}>{t('stepUp.went.recovery')}</p>
      ) : (
        <WhereItWent channel={sent.channel} address={sent.address} />
      )}
      <CodeField isRecovery={isRecovery} value={code} onChange={setCode} />
      <Refused error={verify.error} />
      <Checkbox checked={trustBrowser} onChange={({ target }) => onTrustBrowser(target.checked)}>
        {t('stepUp.trustBrowser', { days: TRUSTED_DAYS })}
      </Checkbox>
      <Button type="primary" htmlType="submit" disabled={!isWhole} loading={verify.isPending}>
        {t('stepUp.verify')}
      </Button>
      <OtherWays
        challenge={challenge}
        need={need}
        isRecovery={isRecovery}
        onRecovery={(wanted) => {
          setCode('');
          setRecovery(wanted);
        }}
      />
    </form>
  );
}

type FieldProps = { isRecovery: boolean; value: string; onChange: (code: string) => void };

function CodeField({ isRecovery, value, onChange }: FieldProps) {
  const { t } = useTranslation('rollouts');
  const id = useId();
  return (
    <div>
      <label htmlFor={id} style={{ display: 'block', marginBottom: 8 }}>
        {isRecovery ? t('stepUp.recoveryCode') : t('stepUp.code', { digits: CODE_DIGITS })}
      </label>
      {isRecovery ? (
        <Input
          id={id}
          className="mono"
          autoFocus
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      ) : (
        <CodeBoxes id={id} autoFocus value={value} onChange={onChange} />
      )}
    </div>
  );
}

/** A wrong code, in words; anything else as any other problem. */
function Refused({ error }: { error: unknown }) {
  const { t } = useTranslation('rollouts');
  if (error === null || error === undefined) return null;
  const failure = failureOf(error);
  if (failure === undefined) return <ProblemAlert error={error} />;
  const { reason, attemptsLeft } = failure;
  const left = attemptsLeft === undefined ? '' : t('stepUp.attemptsLeft', { count: attemptsLeft });
  return <Alert type="error" showIcon role="alert" title={`${t(`stepUp.failure.${reason}`)}${left}`} />;
}
