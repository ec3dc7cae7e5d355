/**
 * Saving the draft as the next version: what changes, why, and that nothing is sent.
 *
 * The server saves the draft that it holds. So the draft goes there first, is looked at once more right before
 * the save, and what was saved is compared with what the person saw.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { Alert, Button, Input, Modal } from 'antd';
import { useEffect, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { compareTexts } from '../../editor/json-changes.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { type Base, DraftDiff } from './against-version.tsx';
import type { DraftKeeper, ServerDraft } from './draft-keeper.ts';
import { NOTHING_ETAG } from './opening.ts';
import { SavedVersion } from './saved-version.tsx';

const NOTE_CHARS_MAX = 500;

type Props = {
  productKey: string;
  keeper: DraftKeeper;
  /** undefined: this is the first version. */
  base: Base | undefined;
  /** Of the text that is on the server. */
  problemCount: number;
  /** Whether a requesting device gets what was only saved. */
  isServedAtOnce: boolean;
  onClose: () => void;
};

export function SaveDialog(props: Props) {
  const { productKey, keeper, base, problemCount, isServedAtOnce, onClose } = props;
  const { t } = useTranslation(['config', 'common']);
  useFocusBack();
  const noteId = useId();
  const [note, setNote] = useState('');
  const flushed = useFlushed(keeper);
  const save = useSave(productKey);
  if (save.data !== undefined && 'version' in save.data)
    return <SavedVersion {...{ productKey, isServedAtOnce, onClose }} saved={save.data} />;
  const hasMoved = save.data?.hasMoved === true;
  return (
    <Modal
      open
      width={920}
      title={t('config:saveTitle', { number: (base?.number ?? 0) + 1 })}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            disabled={flushed?.isThere !== true || problemCount > 0 || hasMoved}
            onClick={() => save.mutate({ seen: flushed!.seen, note })}
          >
            {t('common:save')}
          </Button>
        </>
      }
    >
      <div className="stack">
        <p style={{ margin: 0 }}>
          <b>{t('config:saveSendsNothing')}</b>{' '}
          {t(isServedAtOnce ? 'config:saveThenRequests' : 'config:saveThenPush')}
        </p>
        <div>
          <label htmlFor={noteId}>{t('config:note')}</label>
          <Input
            id={noteId}
            autoFocus
            value={note}
            maxLength={NOTE_CHARS_MAX}
            placeholder={t('config:notePlaceholder')}
            onChange={({ target }) => setNote(target.value)}
          />
        </div>
        {flushed === undefined && <div role="status">{t('config:preparing')}</div>}
        {flushed?.isThere === false && <NotOnServer keeper={keeper} />}
        {problemCount > 0 && (
          <Alert type="error" showIcon title={t('config:mustFix', { count: problemCount })} />
        )}
        {hasMoved && <Alert type="warning" showIcon role="alert" title={t('config:draftMoved')} />}
        {save.error !== null && <ProblemAlert error={save.error} />}
        {flushed?.isThere === true && <WhatChanges base={base} text={flushed.seen.text} />}
      </div>
    </Modal>
  );
}

function NotOnServer({ keeper }: { keeper: DraftKeeper }) {
  const { t } = useTranslation('config');
  const { state } = keeper.snapshot();
  if (state.kind === 'failed') return <ProblemAlert error={state.error} />;
  return <Alert type="warning" showIcon title={t('draftConflict')} />;
}

function WhatChanges({ base, text }: { base: Base | undefined; text: string }) {
  const { t } = useTranslation('config');
  const changes = useMemo(() => base && compareTexts(base.text, text), [base, text]);
  if (base === undefined || changes === undefined) return <p className="muted">{t('firstVersion')}</p>;
  if (changes.kind === 'same') return <p>{t('nothingChanged', { number: base.number })}</p>;
  return <DraftDiff base={base} text={text} changes={changes} />;
}

type Flushed = { isThere: boolean; seen: ServerDraft };

/** Brings the draft to the server. What is saved is the text of that moment; undefined until then. */
function useFlushed(keeper: DraftKeeper): Flushed | undefined {
  const [flushed, setFlushed] = useState<Flushed>();
  useEffect(() => {
    let isOpen = true;
    const isFirst = keeper.snapshot().server.etag === NOTHING_ETAG;
    void keeper.flush({ always: isFirst }).then((isThere) => {
      if (isOpen) setFlushed({ isThere, seen: keeper.snapshot().server });
    });
    return () => {
      isOpen = false;
    };
  }, [keeper]);
  return flushed;
}

export type Saved = {
  version: Awaited<ReturnType<typeof api.versions.create>>;
  /** What was saved is what the person looked at. */
  isAsSeen: boolean;
};

function useSave(productKey: string) {
  // The same key for each try: a save whose answer was lost is not made twice.
  const [idempotencyKey] = useState(() => bytesToHex(crypto.getRandomValues(new Uint8Array(16))));
  return useAction({
    async run({ seen, note }: { seen: ServerDraft; note: string }): Promise<Saved | { hasMoved: true }> {
      const { etag } = await api.drafts.get(productKey);
      if (etag !== seen.etag) return { hasMoved: true };
      const version = await api.versions.create(productKey, { note, idempotencyKey });
      return { version, isAsSeen: version.sha256 === bytesToHex(sha256(utf8ToBytes(seen.text))) };
    },
    invalidates: [['product', productKey], ['products']],
  });
}
