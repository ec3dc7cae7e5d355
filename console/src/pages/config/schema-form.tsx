/** Editing a schema: saved with one button, because a half-written schema would refuse every save. */
import { Alert, Button } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queryClient } from '../../api/client.ts';
import { CodeEditor, type CodeEditorHandle } from '../../editor/code-editor.tsx';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { useAction } from '../../ui/use-action.ts';
import { NOTHING_ETAG } from './opening.ts';
import { SchemaProblem } from './schema-problem.tsx';
import { readSchema, type SchemaText, schemaQuery, staleEtag, writeSchema } from './schema-query.ts';

const TEMPLATE = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "brightness": {
      "type": "integer",
      "minimum": 0,
      "maximum": 100,
      "description": "Per cent"
    }
  },
  "required": []
}
`;

type Props = { productKey: string; schema: SchemaText; onEdit: () => void; onGone: () => void };

export function SchemaForm({ productKey, schema, onEdit, onGone }: Props) {
  const { t } = useTranslation(['config', 'common']);
  const editor = useRef<CodeEditorHandle>(null);
  const [text, setText] = useState(schema?.text ?? TEMPLATE);
  // The text that this form began with, however often it is read again below.
  const [base, setBase] = useState({ text: schema?.text, etag: schema?.etag ?? NOTHING_ETAG });
  const [isRemoving, setRemoving] = useState(false);
  const { queryKey } = schemaQuery(productKey);
  const save = useAction({
    run: (etag: string) => writeSchema(productKey, text, etag),
    done: t('config:schemaSaved'),
    onDone({ revision }) {
      const saved = { text, etag: `"${revision}"` };
      setBase(saved);
      queryClient.setQueryData(queryKey, saved);
    },
  });
  const remove = useAction({
    run: () => api.schemas.remove(productKey, base.etag),
    done: t('config:schemaRemoved'),
    onDone() {
      queryClient.setQueryData(queryKey, null);
      onGone();
    },
  });
  const stopRemoving = () => {
    setRemoving(false);
    remove.reset();
  };
  const reload = useAction({
    run: () => readSchema(productKey),
    onDone(theirs) {
      queryClient.setQueryData(queryKey, theirs);
      save.reset();
      stopRemoving();
      if (theirs === null) return onGone();
      setBase(theirs);
      editor.current?.replace(theirs.text);
    },
  });
  const theirEtag = staleEtag(save.error) ?? staleEtag(remove.error);
  const edit = (next: string) => {
    setText(next);
    onEdit();
  };
  return (
    <>
      <CodeEditor ref={editor} initialText={text} label={t('config:schemaLabel')} onChange={edit} />
      {theirEtag === undefined && save.error !== null && <SchemaProblem error={save.error} />}
      {theirEtag !== undefined && (
        <Stale
          isReloading={reload.isPending}
          onReload={() => reload.mutate()}
          onOverwrite={() => {
            stopRemoving();
            save.mutate(theirEtag);
          }}
        />
      )}
      {save.data !== undefined && text === base.text && <Notes notes={save.data.notes} />}
      <div className="row">
        <Button
          type="primary"
          loading={save.isPending}
          disabled={text === base.text}
          onClick={() => save.mutate(base.etag)}
        >
          {t('config:schemaSave')}
        </Button>
        {base.text === undefined ? (
          <Button onClick={onGone}>{t('common:cancel')}</Button>
        ) : (
          <Button danger onClick={() => setRemoving(true)}>
            {t('config:schemaRemove')}
          </Button>
        )}
        {text !== base.text && <span className="muted">{t('config:schemaUnsaved')}</span>}
      </div>
      <ConfirmEffect
        open={isRemoving && theirEtag === undefined}
        title={t('config:schemaRemove')}
        effect={t('config:schemaRemoveEffect')}
        action={t('config:schemaRemove')}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onCancel={stopRemoving}
      />
    </>
  );
}

type StaleProps = { isReloading: boolean; onReload: () => void; onOverwrite: () => void };

/** Somebody else wrote the schema meanwhile: which of the two is to stay. */
function Stale({ isReloading, onReload, onOverwrite }: StaleProps) {
  const { t } = useTranslation('config');
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={t('schemaChangedElsewhere')}
      action={
        <div className="row">
          <Button size="small" loading={isReloading} onClick={onReload}>
            {t('schemaReload')}
          </Button>
          <Button size="small" onClick={onOverwrite}>
            {t('schemaOverwrite')}
          </Button>
        </div>
      }
    />
  );
}

type Note = Awaited<ReturnType<typeof api.schemas.put>>['notes'][number];

function Notes({ notes }: { notes: readonly Note[] }) {
  const { t } = useTranslation('config');
  if (notes.length === 0) return null;
  return (
    <Alert
      type="info"
      showIcon
      title={t('schemaNotes')}
      description={
        <ul className="plain-list">
          {notes.map(({ pointer, reason, message }) => (
            <li key={`${pointer} ${reason}`}>
              <code className="mono">{pointer || '/'}</code> {message}
            </li>
          ))}
        </ul>
      }
    />
  );
}
