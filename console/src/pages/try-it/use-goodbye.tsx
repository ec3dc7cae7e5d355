/** Who leaves the page with a device connected is told so, and may remove it; nobody is held up. */
import { useNavigate } from '@tanstack/react-router';
import { App, Button } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { VirtualDevice } from './virtual-device.ts';

const SHOWN_SECONDS = 8;

export function useGoodbye(
  productKey: string,
  device: VirtualDevice | undefined,
  remove: (device: VirtualDevice) => void,
): void {
  const { t } = useTranslation('tryIt');
  const { notification } = App.useApp();
  const navigate = useNavigate();
  const say = () => {
    const isHere = location.pathname.endsWith(`/${productKey}/try`);
    if (isHere || device === undefined || device.snapshot().state !== 'on') return;
    const key = device.identity.deviceName;
    const close = (then: () => void) => () => {
      notification.destroy(key);
      then();
    };
    notification.info({
      key,
      duration: SHOWN_SECONDS,
      placement: 'bottomRight',
      title: t('stillHere', { name: key }),
      description: t('stillHereText'),
      actions: (
        <div className="row">
          <Button size="small" onClick={close(() => remove(device))}>
            {t('removeNow')}
          </Button>
          <Button
            size="small"
            type="primary"
            onClick={close(() => void navigate({ to: '/products/$productKey/try', params: { productKey } }))}
          >
            {t('backToIt')}
          </Button>
        </div>
      ),
    });
  };
  const latest = useRef(say);
  useEffect(() => {
    latest.current = say;
  });
  const key = device?.identity.deviceName;
  useEffect(() => {
    if (key !== undefined) notification.destroy(key);
  }, [key, notification]);
  useEffect(() => () => latest.current(), []);
}
