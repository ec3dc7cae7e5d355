/**
 * The settings of a product. Edits are kept apart from what was read: when somebody else was quicker, theirs are
 * read and these stay on top of them, to be looked at once more.
 */
import { useBlocker } from '@tanstack/react-router';
import { Alert, Button } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { useAction } from '../../ui/use-action.ts';
import { type ReadSettings, writeSettings } from './settings-api.ts';
import { changesOf, problemsOf, type Settings } from './settings-fields.ts';
import { SettingsGroups } from './settings-groups.tsx';

type Props = { read: ReadSettings; isAllowed: boolean; readAgain: () => Promise<unknown> };

export function SettingsForm({ read, isAllowed, readAgain }: Props) {
  const { t } = useTranslation('product');
  const { productKey } = read.product;
  const [edits, setEdits] = useState<Partial<Settings>>({});
  const settings = { ...read.settings, ...edits };
  const changes = changesOf(read.settings, edits);
  const count = Object.keys(changes).length;
  const save = useAction({
    run: async () => {
      await writeSettings(productKey, changes, read.etag);
      // The saved values are there before the edits go.
      await readAgain();
    },
    invalidates: [['product', productKey], ['products']],
    done: t('settingsSaved'),
    onDone: () => setEdits({}),
  });
  const submit = () =>
    save.mutate(undefined, {
      onError: (error) => hasCode(error, 'precondition-failed') && void readAgain(),
    });
  const wasOvertaken = hasCode(save.error, 'precondition-failed');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <SettingsGroups
        settings={settings}
        disabled={!isAllowed}
        onChange={(change) => setEdits((before) => ({ ...before, ...change }))}
      />
      {count > 0 && (
        <SaveBar
          count={count}
          isWrong={problemsOf(settings).length > 0}
          isPending={save.isPending}
          onDiscard={() => {
            setEdits({});
            save.reset();
          }}
        >
          {wasOvertaken && <Alert type="warning" showIcon title={t('changedMeanwhile')} />}
          {save.error !== null && !wasOvertaken && <ProblemAlert error={save.error} />}
        </SaveBar>
      )}
      <LeaveGuard count={count} />
    </form>
  );
}

type SaveBarProps = {
  count: number;
  isWrong: boolean;
  isPending: boolean;
  onDiscard: () => void;
  /** What came of the last try. */
  children: ReactNode;
};

function SaveBar({ count, isWrong, isPending, onDiscard, children }: SaveBarProps) {
  const { t } = useTranslation(['product', 'common']);
  return (
    <div className="card save-bar">
      <div className="save-bar-result" aria-live="polite">
        {children}
      </div>
      <span aria-live="polite">{t('product:unsaved', { count })}</span>
      <div className="row">
        <Button onClick={onDiscard}>{t('product:discard')}</Button>
        <Button type="primary" htmlType="submit" disabled={isWrong} loading={isPending}>
          {t('common:save')}
        </Button>
      </div>
    </div>
  );
}

function LeaveGuard({ count }: { count: number }) {
  const { t } = useTranslation('product');
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => count > 0,
    enableBeforeUnload: () => count > 0,
    withResolver: true,
  });
  return (
    <ConfirmEffect
      open={status === 'blocked'}
      title={t('leaveTitle')}
      effect={t('leaveEffect', { count })}
      action={t('leave')}
      onConfirm={() => proceed?.()}
      onCancel={() => reset?.()}
    />
  );
}
