/** The virtual device itself: connect, ask, how it answers, what it runs. */
import { useQueryClient } from '@tanstack/react-query';
import { Alert, Badge, Button, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readAgain } from '../../api/read-again.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { CopyBlock } from '../../ui/copy-text.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { useSnapshot, type useVirtualDevice } from './use-virtual-device.ts';
import type { Behaviour, Running, Snapshot, VirtualDevice } from './virtual-device.ts';

type Actions = ReturnType<typeof useVirtualDevice>;
const BEHAVIOURS: readonly Behaviour[] = ['confirm', 'quiet', 'refuse', 'silent'];
const BADGES = { off: 'default', connecting: 'processing', on: 'success' } as const;

export function NoDeviceCard({ create }: { create: Actions['create'] }) {
  const { t } = useTranslation('tryIt');
  return (
    <section className="card stack" aria-labelledby="virtual-device">
      <h2 id="virtual-device" style={{ margin: 0 }}>
        {t('device')}
      </h2>
      <p className="flush">{t('noDevice')}</p>
      <div>
        <Button type="primary" size="large" loading={create.isPending} onClick={() => create.mutate()}>
          {t('create')}
        </Button>
      </div>
      {create.error !== null && <ProblemAlert error={create.error} />}
    </section>
  );
}

export function DeviceCard({ device, removal }: { device: VirtualDevice; removal: Actions['removal'] }) {
  const { t } = useTranslation('tryIt');
  const { state, isRejected, behaviour, running } = useSnapshot(device);
  return (
    <section className="card stack" aria-labelledby="virtual-device">
      <div className="spread">
        <h2 id="virtual-device" style={{ margin: 0 }}>
          {t('device')}
        </h2>
        <RemoveButton device={device} removal={removal} />
      </div>
      <dl className="facts">
        <dt>{t('deviceName')}</dt>
        <dd className="mono">{device.identity.deviceName}</dd>
        <dt>{t('state')}</dt>
        <dd aria-live="polite">
          <Badge status={BADGES[state]} text={t(state)} />
        </dd>
        <dt>{t('runs')}</dt>
        <dd>{running === undefined ? t('runsNothing') : t('runsVersion', { version: running.version })}</dd>
      </dl>
      {isRejected && <Alert type="warning" showIcon title={t('rejected')} />}
      <Buttons device={device} state={state} />
      <BehaviourChoice device={device} behaviour={behaviour} />
      {running !== undefined && <RunningContent running={running} />}
    </section>
  );
}

function Buttons({ device, state }: { device: VirtualDevice; state: Snapshot['state'] }) {
  const { t } = useTranslation('tryIt');
  const client = useQueryClient();
  const isOff = state === 'off';
  const refresh = () => readAgain(client, ['product', device.identity.productKey]);
  return (
    <div className="row">
      <Button
        type={isOff ? 'primary' : 'default'}
        loading={state === 'connecting'}
        onClick={() => {
          if (isOff) void device.connect().then(refresh);
          else device.disconnect();
        }}
      >
        {t(isOff ? 'connect' : 'disconnect')}
      </Button>
      <Button type={isOff ? 'default' : 'primary'} disabled={state !== 'on'} onClick={() => device.request()}>
        {t('request')}
      </Button>
    </div>
  );
}

function RemoveButton({ device, removal }: { device: VirtualDevice; removal: Actions['removal'] }) {
  const { t } = useTranslation('tryIt');
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button type="text" danger onClick={() => setAsking(true)}>
        {t('remove')}
      </Button>
      <ConfirmEffect
        open={isAsking}
        title={t('removeTitle', { name: device.identity.deviceName })}
        effect={t('removeEffect')}
        action={t('removeAction')}
        isPending={removal.isPending}
        error={removal.error}
        onConfirm={() => removal.mutate(device)}
        onCancel={() => {
          removal.reset();
          setAsking(false);
        }}
      />
    </>
  );
}

function BehaviourChoice({ device, behaviour }: { device: VirtualDevice; behaviour: Behaviour }) {
  const { t } = useTranslation('tryIt');
  return (
    <fieldset className="try-behaviour">
      <legend>{t('behaviour')}</legend>
      <Radio.Group
        value={behaviour}
        // The values are those below.
        onChange={({ target }) => device.behave(target.value as Behaviour)}
      >
        {BEHAVIOURS.map((each) => (
          <Radio key={each} value={each}>
            {t(`behaviours.${each}`)}
            <span className="muted"> · {t(`behaviourHelp.${each}`)}</span>
          </Radio>
        ))}
      </Radio.Group>
    </fieldset>
  );
}

function RunningContent({ running }: { running: Running }) {
  const { t } = useTranslation('tryIt');
  return (
    <div>
      <h3 className="try-title">{t('runningContent')}</h3>
      <CopyBlock text={running.text} label={t('runningContent')} />
    </div>
  );
}
