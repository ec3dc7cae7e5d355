/** The push itself: its options, what stands in its way, the question, the second factor, and then its rollout. */
import { useNavigate } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { createIdempotencyKey } from '../../api/idempotency-key.ts';
import { useRights } from '../../app/rights.ts';
import { useStepUp } from '../../step-up/use-step-up.tsx';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { useNow } from '../../ui/time.tsx';
import { useAction } from '../../ui/use-action.ts';
import type { Devices, Product } from './push-devices.tsx';
import { PushEffect } from './push-effect.tsx';
import { PushFailure } from './push-failure.tsx';
import { GateAlert } from './push-gate-alert.tsx';
import { gatesOf, type PushOptions, pushBody } from './push-gates.ts';
import { MoreOptions } from './push-options.tsx';

const NOTE_CHARS_MAX = 500;
const SECOND_MS = 1_000;

type Props = {
  product: Product;
  version: number;
  devices: Devices;
  isEnabled: boolean;
  nextAllowedAt: string | null;
};

export function PushForm({ product, version, devices, isEnabled, nextAllowedAt }: Props) {
  const { t, i18n } = useTranslation('rollouts');
  const { productKey, rolledOutVersion } = product;
  const [options, setOptions] = useState<PushOptions>({
    note: '',
    deadlineHours: null,
    attemptTimeoutSeconds: null,
  });
  const [isAsking, setAsking] = useState(false);
  const mayPush = useRights()('rollouts:write');
  const nowMs = useNow(SECOND_MS);
  const gates = gatesOf({ mayPush, version, rolledOutVersion, isEnabled, nextAllowedAt, nowMs });
  const { push, dialog } = usePush(productKey, version);
  const button = useRef<HTMLButtonElement>(null);
  // The dialogs are gone with whatever had the focus.
  useEffect(() => {
    if (push.error !== null) button.current?.focus();
  }, [push.error]);
  const action = t('push.action', {
    count: devices.total,
    number: version,
    devices: numberFormat(i18n.language).format(devices.total),
  });
  return (
    <section className="card stack" aria-labelledby="push-start">
      <h2 id="push-start" style={{ margin: 0 }}>
        {t('push.start')}
      </h2>
      <Note value={options.note} onChange={(note) => setOptions({ ...options, note })} />
      <MoreOptions product={product} options={options} onChange={setOptions} />
      {gates.map((gate) => (
        <GateAlert key={gate.kind} gate={gate} productKey={productKey} version={version} />
      ))}
      {push.error !== null && <PushFailure error={push.error} />}
      <Button
        ref={button}
        type="primary"
        size="large"
        block
        className="push-button"
        disabled={gates.length > 0}
        loading={push.isPending}
        onClick={() => setAsking(true)}
      >
        {action}
      </Button>
      <ConfirmEffect
        open={isAsking}
        isDangerous={false}
        title={t('push.confirmTitle', { number: version, name: product.name })}
        effect={<PushEffect product={product} devices={devices} version={version} options={options} />}
        action={action}
        onCancel={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          push.mutate(options);
        }}
      />
      {dialog}
    </section>
  );
}

/** One visit to the page is one push, however often it is tried. */
function usePush(productKey: string, version: number) {
  const navigate = useNavigate();
  const { guard, dialog } = useStepUp();
  const [idempotencyKey] = useState(createIdempotencyKey);
  const push = useAction({
    run: (options: PushOptions) =>
      guard(productKey, () =>
        api.rollouts.create(productKey, { ...pushBody(version, options), idempotencyKey }),
      ),
    invalidates: [['product', productKey], ['products']],
    onDone: ({ id }) =>
      void navigate({ to: '/products/$productKey/rollouts/$id', params: { productKey, id: String(id) } }),
  });
  return { push, dialog };
}

function Note({ value, onChange }: { value: string; onChange: (note: string) => void }) {
  const { t } = useTranslation('rollouts');
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('push.note')}</label>
      <Input
        id={id}
        value={value}
        maxLength={NOTE_CHARS_MAX}
        placeholder={t('push.noteHelp')}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  );
}
