/** What stands in the way of a push, and the way around it where there is one. */
import { Link } from '@tanstack/react-router';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { countdown } from '../../step-up/challenge.ts';
import { absoluteTime, duration } from '../../ui/time-text.ts';
import type { Gate } from './push-gates.ts';

const HOUR_MS = 3_600_000;

type Props = { gate: Gate; productKey: string; version: number };

export function GateAlert({ gate, productKey, version }: Props) {
  const { t, i18n } = useTranslation('rollouts');
  switch (gate.kind) {
    case 'right':
      return <Alert type="info" showIcon title={t('gate.right')} />;
    case 'switch-off':
      return (
        <Alert
          type="warning"
          showIcon
          title={t('gate.switchOff')}
          description={
            <>
              {t('gate.switchOffWhy')}{' '}
              <Link to="/products/$productKey" params={{ productKey }}>
                {t('gate.toSwitch')}
              </Link>
            </>
          }
        />
      );
    case 'cool-down': {
      const { leftMs, nextAllowedAt } = gate;
      const left = leftMs < HOUR_MS ? countdown(leftMs) : duration(leftMs / 1000, i18n.language);
      return (
        <Alert
          type="warning"
          showIcon
          title={
            <span className="numbers" role="timer">
              {t('gate.coolDown', { time: left })}
            </span>
          }
          description={t('gate.coolDownWhy', { time: absoluteTime(nextAllowedAt, i18n.language) })}
        />
      );
    }
    case 'lower':
      return (
        <Alert
          type="warning"
          showIcon
          title={t('gate.lower', { number: gate.pushedVersion })}
          description={
            <>
              {t('gate.lowerWhy', { number: version })}{' '}
              <Link to="/products/$productKey/versions" params={{ productKey }}>
                {t('gate.toVersions')}
              </Link>
            </>
          }
        />
      );
    default:
      return gate satisfies never;
  }
}
