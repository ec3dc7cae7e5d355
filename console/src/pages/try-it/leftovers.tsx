/** Virtual devices of closed tabs: their secrets are gone, so nobody can use them again. */
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { useAction } from '../../ui/use-action.ts';
import { NAME_PREFIX, removeDevice, VIRTUAL_TAG } from './use-virtual-device.ts';

const LEFTOVERS_SHOWN_MAX = 100;

export function Leftovers({ productKey, own }: { productKey: string; own?: string }) {
  const { t } = useTranslation('tryIt');
  const [isAsking, setAsking] = useState(false);
  const { data } = useQuery({
    queryKey: ['product', productKey, 'virtual-devices'],
    queryFn: () =>
      api.devices.list(productKey, {
        tag: VIRTUAL_TAG,
        search: NAME_PREFIX,
        online: 'false',
        limit: LEFTOVERS_SHOWN_MAX,
      }),
  });
  const names = (data?.items ?? []).map(({ deviceName }) => deviceName).filter((name) => name !== own);
  const removal = useAction({
    run: async () => {
      for (const name of names) await removeDevice(productKey, name);
    },
    invalidates: [['product', productKey]],
    onDone: () => setAsking(false),
  });
  if (names.length === 0) return null;
  const count = names.length;
  return (
    <section className="card stack" aria-labelledby="leftovers">
      <div>
        <h2 id="leftovers" style={{ margin: '0 0 4px' }}>
          {t('leftovers')}
        </h2>
        <p className="muted flush">{t('leftoversText', { count })}</p>
      </div>
      <div>
        <Button onClick={() => setAsking(true)}>{t('leftoversRemove')}</Button>
      </div>
      <ConfirmEffect
        open={isAsking}
        title={t('leftoversTitle')}
        effect={t('leftoversEffect', { count, names: names.join(', ') })}
        action={t('leftoversAction')}
        isPending={removal.isPending}
        error={removal.error}
        onConfirm={() => removal.mutate()}
        onCancel={() => {
          removal.reset();
          setAsking(false);
        }}
      />
    </section>
  );
}
