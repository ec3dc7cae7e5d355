/** What a person can do to one device. */
import { DeleteOutlined, KeyOutlined, SendOutlined } from '@ant-design/icons';
import type { ProductView } from '@opencota/contract/http/products';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { readAgain } from '../../api/read-again.ts';
import { useRights } from '../../app/rights.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { ReasonedButton } from '../../ui/reasoned-button.tsx';
import { useAction } from '../../ui/use-action.ts';
import { type DeviceDetail, deviceKey } from './device-queries.ts';
import { RotateSecret } from './rotate-secret.tsx';
import { whyNotSend } from './sendability.ts';

type Props = { device: DeviceDetail; product: ProductView };

export function DeviceActions({ device, product }: Props) {
  const { t } = useTranslation('devices');
  const mayWrite = useRights()('devices:write');
  const [isRotating, setRotating] = useState(false);
  return (
    <>
      <SendAgain device={device} product={product} />
      {mayWrite && (
        <>
          <Access device={device} />
          <Button icon={<KeyOutlined aria-hidden />} onClick={() => setRotating(true)}>
            {t('page.rotate')}
          </Button>
          <Remove device={device} />
          {isRotating && <RotateSecret device={device} onClose={() => setRotating(false)} />}
        </>
      )}
    </>
  );
}

function useChanged({ productKey, deviceName }: DeviceDetail) {
  return [
    deviceKey(productKey, deviceName),
    ['product', productKey, 'devices'],
    ['product', productKey],
  ] as const;
}

function SendAgain({ device, product }: Props) {
  const { t } = useTranslation(['devices', 'common']);
  const mayPush = useRights()('rollouts:write');
  const { productKey, deviceName } = device;
  const send = useAction({
    run: () => api.devices.send(productKey, deviceName),
    invalidates: useChanged(device),
    done: t('devices:page.sent', { name: deviceName }),
  });
  const unsendable = whyNotSend(device, product);
  const reason = !mayPush ? t('common:notAllowed') : unsendable && t(`devices:page.cannotSend.${unsendable}`);
  return (
    <>
      <ReasonedButton
        type="primary"
        icon={<SendOutlined aria-hidden />}
        reason={reason}
        loading={send.isPending}
        onClick={() => send.mutate()}
      >
        {t('devices:page.send')}
      </ReasonedButton>
      <Modal
        open={send.error !== null}
        title={t('devices:page.send')}
        footer={null}
        onCancel={() => send.reset()}
      >
        {send.error !== null && <ProblemAlert error={send.error} />}
      </Modal>
    </>
  );
}

function Access({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  const { productKey, deviceName: name, enabled } = device;
  const [isAsking, setAsking] = useState(false);
  const act = enabled ? 'disable' : 'enable';
  const change = useAction({
    run: () => api.devices.update(productKey, name, { enabled: !enabled }),
    invalidates: useChanged(device),
    done: t(`page.${act}Done`, { name }),
    onDone: () => setAsking(false),
  });
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t(`page.${act}`)}</Button>
      <ConfirmEffect
        open={isAsking}
        title={t(`page.${act}Title`, { name })}
        effect={t(`page.${act}Effect`)}
        action={t(`page.${act}`)}
        isDangerous={enabled}
        isPending={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate()}
        onCancel={() => {
          setAsking(false);
          change.reset();
        }}
      />
    </>
  );
}

function Remove({ device: { productKey, deviceName: name } }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useAction({
    run: () => api.devices.remove(productKey, name),
    done: t('page.removed', { name }),
    onDone: async () => {
      await navigate({ to: '/products/$productKey/devices', params: { productKey } });
      client.removeQueries({ queryKey: deviceKey(productKey, name) });
      await readAgain(client, ['product', productKey]);
    },
  });
  return (
    <>
      <Button danger icon={<DeleteOutlined aria-hidden />} onClick={() => setAsking(true)}>
        {t('page.remove')}
      </Button>
      <ConfirmEffect
        open={isAsking}
        title={t('page.removeTitle', { name })}
        effect={t('page.removeEffect')}
        action={t('page.removeAction')}
        word={name}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onCancel={() => {
          setAsking(false);
          remove.reset();
        }}
      />
    </>
  );
}
