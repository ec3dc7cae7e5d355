/** The editor and everything that stands around it: what it says about the draft and what can be done with it. */
import { Alert } from 'antd';
import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeEditor } from '../../editor/code-editor.tsx';
import { utf8Bytes } from '../../editor/line-breaks.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { AgainstVersion } from './against-version.tsx';
import { DraftLine } from './draft-line.tsx';
import { EditorTools } from './editor-tools.tsx';
import { FirstSteps } from './first-steps.tsx';
import { ProblemList } from './problem-list.tsx';
import { SetAsideNote } from './set-aside-note.tsx';
import { SizeGauge } from './size-gauge.tsx';
import type { Checked } from './use-findings.ts';
import { useMarks } from './use-marks.ts';
import { useSchemaHints } from './use-schema-hints.ts';
import type { Workbench } from './use-workbench.ts';
import type { WorkbenchProps } from './workbench.tsx';

type Props = WorkbenchProps & { bench: Workbench; checked: Checked; onSave: () => void };

export function EditorBench(props: Props) {
  const { product, schema, base, mayWrite, bench, checked, onSave } = props;
  const { t } = useTranslation('config');
  const { editor, keeper, snapshot, text } = bench;
  const settledText = useDeferredValue(text);
  const size = useMemo(() => utf8Bytes(settledText), [settledText]);
  const [cursor, setCursor] = useState({ line: 1, column: 1 });
  const placed = useMarks(editor, { checked, snapshot, text });
  const hints = useSchemaHints(schema?.text);
  const { state } = snapshot;
  return (
    <>
      <Notes {...props} />
      <div className="workbench">
        <EditorTools editor={editor} mayWrite={mayWrite} onSave={onSave} />
        <CodeEditor
          ref={editor}
          initialText={text}
          label={t('editorLabel', { name: product.name })}
          isReadOnly={!mayWrite}
          extras={hints}
          onChange={bench.edit}
          onCursor={(line, column) => setCursor({ line, column })}
        />
        <div className="workbench-foot">
          {mayWrite && <DraftLine snapshot={snapshot} onTryNow={() => void keeper.flush()} />}
          {base !== undefined && <AgainstVersion base={base} text={settledText} />}
          <span className="workbench-end">
            <span className="muted numbers">{t('cursor', cursor)}</span>
            <SizeGauge size={size} max={product.configBytesMax} />
          </span>
        </div>
      </div>
      {state.kind === 'failed' && !state.willRetry && <ProblemAlert error={state.error} />}
      <ProblemList
        findings={state.kind === 'failed' ? undefined : placed}
        hasSchema={schema !== null}
        error={checked.error}
        onJump={({ from, to }) => editor.current?.jump(from, to)}
      />
    </>
  );
}

/** What a person should know about the text before going on with it. */
function Notes({ opening, mayWrite, bench }: Props) {
  const { t } = useTranslation('config');
  const { snapshot, kept, aside } = bench;
  return (
    <>
      {mayWrite && opening.startedFrom !== undefined && (
        <FirstSteps opening={opening} snapshot={snapshot} onInsert={bench.put} />
      )}
      {!opening.isUtf8 && snapshot.savedAt === undefined && (
        <Alert type="warning" showIcon title={t('notUtf8')} />
      )}
      {kept !== undefined && <Alert type="success" showIcon closable title={t('restoredLocal')} />}
      {aside !== undefined && (
        <SetAsideNote
          aside={aside}
          onUse={mayWrite ? () => bench.put(aside.text) : undefined}
          onDiscard={bench.discardAside}
        />
      )}
    </>
  );
}
