/** A product's draft on the page: the editor, or two texts beside each other while there are two. */
import type { ProductView } from '@opencota/contract/http/products';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import type { Base } from './against-version.tsx';
import { Conflict } from './conflict.tsx';
import { EditorBench } from './editor-bench.tsx';
import type { Opening } from './opening.ts';
import { SaveDialog } from './save-dialog.tsx';
import type { SchemaText } from './schema-query.ts';
import { useLeaveGuard } from './use-draft.ts';
import { useFindings } from './use-findings.ts';
import { useSaveKey } from './use-save-key.ts';
import { type Owner, useWorkbench } from './use-workbench.ts';
import './config.css';

export type WorkbenchProps = {
  owner: Owner;
  product: ProductView;
  opening: Opening;
  schema: SchemaText;
  /** The latest version, when there is one and it was read. */
  base: Base | undefined;
  mayWrite: boolean;
};

export function Workbench(props: WorkbenchProps) {
  const { owner, product, opening, schema, base, mayWrite } = props;
  const { productKey } = owner;
  const bench = useWorkbench(owner, opening, mayWrite);
  const { keeper, snapshot, text, edit, settle } = bench;
  const checked = useFindings({ productKey, opening, snapshot, hasSchema: schema !== null });
  const [isSaving, setSaving] = useState(false);
  const blocker = useLeaveGuard(keeper);
  const { state } = snapshot;
  const openSave = () => setSaving(mayWrite && state.kind !== 'conflict');
  useSaveKey(openSave);
  return (
    <>
      {state.kind === 'conflict' ? (
        <Conflict
          key={state.theirs.etag}
          mine={text}
          theirs={state.theirs}
          onEdit={edit}
          onTakeTheirs={() => settle(state.theirs.text, state.theirs)}
          onKeep={(chosen) => settle(chosen, state.theirs)}
        />
      ) : (
        <EditorBench {...props} bench={bench} checked={checked} onSave={openSave} />
      )}
      {isSaving && (
        <SaveDialog
          productKey={productKey}
          keeper={keeper}
          base={base}
          problemCount={checked.findings?.problems.length ?? 0}
          isServedAtOnce={product.requestPolicy === 'saved'}
          onClose={() => setSaving(false)}
        />
      )}
      <LeaveQuestion blocker={blocker} />
    </>
  );
}

function LeaveQuestion({ blocker }: { blocker: ReturnType<typeof useLeaveGuard> }) {
  const { t } = useTranslation('config');
  return (
    <ConfirmEffect
      open={blocker.status === 'blocked'}
      title={t('leaveTitle')}
      effect={t('leaveText')}
      action={t('leave')}
      onConfirm={() => blocker.proceed?.()}
      onCancel={() => blocker.reset?.()}
    />
  );
}
