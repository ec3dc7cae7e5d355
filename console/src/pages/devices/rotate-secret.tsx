/** A new secret for a device: the old one goes on for a while, or dies at once. */
import { Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { type DeviceDetail, deviceKey } from './device-queries.ts';

type Props = { device: DeviceDetail; onClose: () => void };

export function RotateSecret({ device: { productKey, deviceName }, onClose }: Props) {
  const { t } = useTranslation(['devices', 'common']);
  useFocusBack();
  const [isImmediate, setImmediate] = useState(false);
  const [secret, setSecret] = useState<string>();
  const rotate = useAction({
    run: () => api.devices.rotateSecret(productKey, deviceName, { immediate: isImmediate }),
    invalidates: [deviceKey(productKey, deviceName)],
    onDone: ({ deviceSecret }) => setSecret(deviceSecret),
  });
  if (secret !== undefined)
    return (
      <SecretOnce
        title={t('devices:page.secretTitle', { name: deviceName })}
        secrets={[
          { label: 'deviceName', value: deviceName },
          { label: 'deviceSecret', value: secret },
        ]}
        onClose={onClose}
      />
    );
  return (
    <Modal
      open
      title={t('devices:page.rotateTitle', { name: deviceName })}
      okText={t('devices:page.rotateAction')}
      okButtonProps={{ danger: isImmediate }}
      cancelText={t('common:cancel')}
      confirmLoading={rotate.isPending}
      onOk={() => rotate.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <Radio.Group
          aria-label={t('devices:page.rotateWhen')}
          className="stack"
          value={isImmediate}
          onChange={({ target }) => setImmediate(target.value === true)}
        >
          <Radio value={false}>
            <b>{t('devices:page.rotateGrace')}</b>
            <div className="muted">{t('devices:page.rotateGraceText')}</div>
          </Radio>
          <Radio value={true}>
            <b>{t('devices:page.rotateNow')}</b>
            <div className="muted">{t('devices:page.rotateNowText')}</div>
          </Radio>
        </Radio.Group>
        {rotate.error !== null && <ProblemAlert error={rotate.error} />}
      </div>
    </Modal>
  );
}
