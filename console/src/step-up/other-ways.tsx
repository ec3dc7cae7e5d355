/** How long the code is good, and every other way to get one. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNow } from '../ui/time.tsx';
import { CHANNELS, countdown, failureOf, type Need } from './challenge.ts';
import type { Challenge } from './use-challenge.ts';

/** Messages take a while; a second code makes the first useless. */
const RESEND_AFTER_MS = 30_000;
const SECOND_MS = 1_000;

type Props = {
  challenge: Challenge;
  need: Need;
  isRecovery: boolean;
  onRecovery: (wanted: boolean) => void;
};

export function OtherWays({ challenge, need, isRecovery, onRecovery }: Props) {
  const { t } = useTranslation('rollouts');
  const now = useNow(SECOND_MS);
  const { sent, send, verify, sendAgain } = challenge;
  if (sent === undefined) return null;
  const leftMs = Date.parse(sent.expiresAt) - now;
  const waitMs = failureOf(verify.error)?.needsNewCode ? 0 : sent.sentAt + RESEND_AFTER_MS - now;
  const channel = CHANNELS.find((each) => each === sent.channel);
  const isTotp = channel === 'totp';
  return (
    <div className="stack" style={{ gap: 4 }}>
      <div className="spread">
        <span role="timer" className="muted numbers">
          {leftMs > 0 ? t('stepUp.expiresIn', { time: countdown(leftMs) }) : t('stepUp.expired')}
        </span>
        <Button
          type="link"
          size="small"
          style={{ padding: 0 }}
          disabled={waitMs > 0 && leftMs > 0}
          loading={send.isPending}
          onClick={() => sendAgain(channel)}
        >
          {isTotp ? t('stepUp.startAgain') : t('stepUp.resend')}
          {waitMs > 0 && leftMs > 0 && ` (${countdown(waitMs)})`}
        </Button>
      </div>
      <div className="row">
        {need.channels
          .filter((each) => each !== channel)
          .map((each) => (
            <Button
              key={each}
              type="link"
              size="small"
              style={{ padding: 0 }}
              onClick={() => sendAgain(each)}
            >
              {t(`stepUp.use.${each}`)}
            </Button>
          ))}
        {isTotp && (
          <Button type="link" size="small" style={{ padding: 0 }} onClick={() => onRecovery(!isRecovery)}>
            {isRecovery ? t('stepUp.use.totp') : t('stepUp.useRecovery')}
          </Button>
        )}
      </div>
    </div>
  );
}
