/** The question before the switch is turned, in either direction: what happens, to how many (R1). */
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { useAction } from '../../ui/use-action.ts';
import type { Product } from './fleet-card.tsx';

type Props = { open: boolean; product: Product; onClose: () => void };

export function SwitchQuestion({ open, product, onClose }: Props) {
  const { t } = useTranslation('product');
  const { productKey, name, enabled } = product;
  const turn = useAction({
    run: () => api.products.update(productKey, { enabled: !enabled }),
    invalidates: [['product', productKey], ['products']],
    done: (changed) => t(changed.enabled ? 'switchedOn' : 'switchedOff'),
    onDone: onClose,
  });
  const close = () => {
    turn.reset();
    onClose();
  };
  return (
    <ConfirmEffect
      open={open}
      title={t(enabled ? 'turnOffTitle' : 'turnOnTitle', { name })}
      action={t(enabled ? 'turnOff' : 'turnOn')}
      effect={enabled ? <OffEffect product={product} /> : <p className="flush">{t('turnOnEffect')}</p>}
      isDangerous={enabled}
      {...(enabled && { word: productKey })}
      isPending={turn.isPending}
      error={turn.error}
      onConfirm={() => turn.mutate()}
      onCancel={close}
    />
  );
}

function OffEffect({ product: { onlineCount, deviceCount, latestRollout } }: { product: Product }) {
  const { t, i18n } = useTranslation('product');
  const number = numberFormat(i18n.language);
  const open = latestRollout?.open ?? 0;
  const counts = { online: number.format(onlineCount), total: number.format(deviceCount) };
  return (
    <ul className="effects">
      <li>{open > 0 ? t('offStopsOpen', { open: number.format(open) }) : t('offStops')}</li>
      <li>{t('offRefuses', counts)}</li>
      <li>{t('offKills')}</li>
      <li>{t('offKeeps')}</li>
    </ul>
  );
}
