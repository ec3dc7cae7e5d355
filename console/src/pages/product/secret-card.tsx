/** The product secret: it is never read, only replaced. */
import type { ProductView } from '@opencota/contract/http/products';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useAction } from '../../ui/use-action.ts';

export function SecretCard({ product, isAllowed }: { product: ProductView; isAllowed: boolean }) {
  const { t, i18n } = useTranslation(['product', 'common']);
  const { productKey, name, deviceCount } = product;
  const [isAsking, setAsking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const rotate = useAction({
    run: () => api.products.rotateSecret(productKey),
    onDone: ({ productSecret }) => {
      setAsking(false);
      setSecret(productSecret);
    },
  });
  return (
    <section className="card" aria-labelledby="secret-card">
      <h2 id="secret-card">{t('product:secretTitle')}</h2>
      <p className="muted">{t('product:secretAbout')}</p>
      <Button disabled={!isAllowed} onClick={() => setAsking(true)}>
        {t('product:rotateDots')}
      </Button>
      <ConfirmEffect
        open={isAsking}
        title={t('product:rotateQuestion', { name })}
        effect={t('product:rotateEffect', {
          devices: numberFormat(i18n.language).format(deviceCount),
        })}
        action={t('product:rotate')}
        isPending={rotate.isPending}
        error={rotate.error}
        onConfirm={() => rotate.mutate()}
        onCancel={() => {
          rotate.reset();
          setAsking(false);
        }}
      />
      {secret !== undefined && (
        <SecretOnce
          title={t('product:newSecretTitle')}
          secrets={[
            { label: t('product:productKey'), value: productKey },
            { label: t('product:productSecret'), value: secret },
          ]}
          onClose={() => setSecret(undefined)}
        />
      )}
    </section>
  );
}
