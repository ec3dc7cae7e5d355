/** How far the draft is from the latest version; a click shows where. */
import { Button, Modal } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChangeList } from '../../editor/change-list.tsx';
import { CodeDiff } from '../../editor/code-diff.tsx';
import { type Changes, compareTexts } from '../../editor/json-changes.ts';

export type Base = { number: number; text: string };

export function AgainstVersion({ base, text }: { base: Base; text: string }) {
  const { t } = useTranslation('config');
  const [isOpen, setOpen] = useState(false);
  const changes = useMemo(() => compareTexts(base.text, text), [base.text, text]);
  const words = useChangeWords(changes, base.number);
  if (changes.kind === 'same') return <span>{words}</span>;
  return (
    <>
      <Button type="link" size="small" style={{ padding: 0 }} onClick={() => setOpen(true)}>
        {words}
      </Button>
      <Modal
        open={isOpen}
        title={t('diffAgainst', { number: base.number })}
        width={960}
        footer={null}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <DraftDiff base={base} text={text} changes={changes} />
      </Modal>
    </>
  );
}

/** The changes by meaning, and the text below. */
export function DraftDiff({ base, text, changes }: { base: Base; text: string; changes: Changes }) {
  const { t } = useTranslation('config');
  const words = useChangeWords(changes, base.number);
  return (
    <div className="stack">
      <b>{words}</b>
      {changes.kind === 'changes' && <ChangeList {...changes} />}
      {changes.kind !== 'same' && (
        <div className="diff-box">
          <CodeDiff
            from={base.text}
            to={text}
            fromLabel={t('oldText', { number: base.number })}
            toLabel={t('newText')}
            layout="unified"
          />
        </div>
      )}
    </div>
  );
}

function useChangeWords(changes: Changes, number: number): string {
  const { t } = useTranslation('config');
  switch (changes.kind) {
    case 'same':
      return t('sameAs', { number });
    case 'textOnly':
      return t('sameMeaning', { number });
    case 'unknown':
      return t('changesUnknown', { number });
    case 'changes': {
      const count = changes.changes.length;
      return changes.truncated ? t('changesMany', { count, number }) : t('changesAgainst', { count, number });
    }
    default:
      return changes satisfies never;
  }
}
