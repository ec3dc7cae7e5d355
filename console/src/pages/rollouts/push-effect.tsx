/** What will happen, said before it does. */
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { duration } from '../../ui/time-text.ts';
import type { Devices, Product } from './push-devices.tsx';
import type { PushOptions } from './push-gates.ts';

const HOUR_SECONDS = 3_600;

type Props = { product: Product; devices: Devices; version: number; options: PushOptions };

export function PushEffect({ product, devices, version, options }: Props) {
  const { t, i18n } = useTranslation('rollouts');
  const number = numberFormat(i18n.language);
  const { total, online, offline } = devices;
  const { deadlineHours } = options;
  const deadlineSeconds = deadlineHours === null ? product.deadlineSeconds : deadlineHours * HOUR_SECONDS;
  const isOpen = product.latestRollout?.state === 'running' || product.latestRollout?.state === 'paused';
  const open = product.latestRollout?.open ?? 0;
  return (
    <ul className="effects">
      <li>{t('push.effect.all', { count: total, number: version, devices: number.format(total) })}</li>
      {online > 0 && <li>{t('push.effect.online', { count: online, devices: number.format(online) })}</li>}
      {offline > 0 && (
        <li>
          {t('push.effect.offline', {
            count: offline,
            devices: number.format(offline),
            time: duration(deadlineSeconds, i18n.language),
          })}
        </li>
      )}
      {isOpen && (
        <li>
          {t('push.effect.supersedes', {
            number: product.latestRollout?.version,
            devices: number.format(open),
          })}
        </li>
      )}
      <li>
        {product.coolDownSeconds > 0
          ? t('push.effect.coolDown', { time: duration(product.coolDownSeconds, i18n.language) })
          : t('push.effect.noWayBack')}
      </li>
    </ul>
  );
}
