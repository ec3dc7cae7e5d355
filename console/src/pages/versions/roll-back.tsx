/**
 * Going back at once: the old content becomes a new version and its rollout starts, through the same gates as
 * any push. When a gate refuses, the version is saved all the same, and the page says so.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Alert, Input } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useStepUp } from '../../step-up/use-step-up.tsx';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { QueryView } from '../../ui/query-view.tsx';
import { useNow } from '../../ui/time.tsx';
import { absoluteTime } from '../../ui/time-text.ts';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { type Gate, rollBackGate } from './roll-back-gate.ts';
import { RollBackRefused } from './roll-back-refused.tsx';
import type { Product } from './version-facts.tsx';

const NOTE_CHARS_MAX = 500;

type Preview = Awaited<ReturnType<typeof api.rollouts.preview>>;
type Props = { product: Product; number: number; onClose: () => void };

export function RollBack({ product, number, onClose }: Props) {
  const { t, i18n } = useTranslation('versions');
  useFocusBack();
  const { productKey } = product;
  const navigate = useNavigate();
  const { guard, dialog } = useStepUp();
  const [note, setNote] = useState(() => t('rollBackNoteText', { number }));
  const now = useNow();
  const preview = useQuery({
    queryKey: ['product', productKey, 'roll-back', number],
    queryFn: () => api.rollouts.preview(productKey, number),
    gcTime: 0,
  });
  // The same key for each try: the version is not saved twice.
  const [idempotencyKey] = useState(() => bytesToHex(crypto.getRandomValues(new Uint8Array(16))));
  const rollBack = useAction({
    run: () =>
      guard(productKey, () =>
        api.rollouts.rollBack(productKey, {
          toVersion: number,
          idempotencyKey,
          ...(note.trim() !== '' && { note: note.trim() }),
        }),
      ),
    invalidates: [['product', productKey], ['products']],
    onDone({ rollout }) {
      if (rollout !== null)
        void navigate({
          to: '/products/$productKey/rollouts/$id',
          params: { productKey, id: String(rollout.id) },
        });
    },
  });
  const gate =
    preview.data && rollBackGate({ preview: preview.data, latestRollout: product.latestRollout }, now);
  const isRefused = gate !== undefined && gate.kind !== 'open';
  const { data: answer } = rollBack;
  if (answer?.refusal !== undefined)
    return <RollBackRefused product={product} answer={answer} fromVersion={number} onClose={onClose} />;
  const count = preview.data?.devices.total ?? product.deviceCount;
  const shown = numberFormat(i18n.language).format(count);
  return (
    <>
      <ConfirmEffect
        open
        title={t('rollBackTitle', { number })}
        action={isRefused ? t('rollBackSaveOnly') : t('rollBackAction', { count, shown })}
        isDangerous={!isRefused}
        isPending={rollBack.isPending}
        error={rollBack.error}
        onConfirm={() => rollBack.mutate()}
        onCancel={onClose}
        effect={
          <div className="stack">
            <QueryView query={preview}>
              {(known) => <Effect preview={known} gate={gate ?? { kind: 'open' }} number={number} />}
            </QueryView>
            <NoteField note={note} onChange={setNote} />
          </div>
        }
      />
      {dialog}
    </>
  );
}

function NoteField({ note, onChange }: { note: string; onChange: (note: string) => void }) {
  const { t } = useTranslation('versions');
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{t('rollBackNote')}</label>
      <Input
        id={id}
        value={note}
        maxLength={NOTE_CHARS_MAX}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  );
}

type EffectProps = { preview: Preview; gate: Gate; number: number };

function Effect({ preview, gate, number }: EffectProps) {
  const { t, i18n } = useTranslation('versions');
  const count = (value: number) => numberFormat(i18n.language).format(value);
  const { total } = preview.devices;
  if (total === 0) return <div>{t('rollBackNoDevices', { number })}</div>;
  return (
    <>
      <div>
        {gate.kind === 'open'
          ? t('rollBackEffect', { number, count: total, shown: count(total) })
          : t('rollBackSaveEffect', { number })}
      </div>
      {gate.kind === 'open' && <Reached devices={preview.devices} number={number} />}
      {gate.kind === 'switchOff' && <Alert type="warning" showIcon title={t('rollBackSwitchOff')} />}
      {gate.kind === 'coolDown' && (
        <Alert
          type="warning"
          showIcon
          title={t('rollBackCoolDown', { time: absoluteTime(gate.until, i18n.language) })}
        />
      )}
    </>
  );
}

/** Whom the push reaches, and when. */
function Reached({ devices, number }: { devices: Preview['devices']; number: number }) {
  const { t, i18n } = useTranslation('versions');
  const count = (value: number) => numberFormat(i18n.language).format(value);
  const { online, offline, alreadyOnVersion } = devices;
  return (
    <ul style={{ margin: 0, paddingInlineStart: 18 }}>
      {online > 0 && <li>{t('rollBackOnline', { shown: count(online) })}</li>}
      {offline > 0 && <li>{t('rollBackOffline', { shown: count(offline) })}</li>}
      {alreadyOnVersion > 0 && <li>{t('rollBackAlready', { shown: count(alreadyOnVersion), number })}</li>}
    </ul>
  );
}
