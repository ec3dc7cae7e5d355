/** Where the draft stands, in words. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { timeFormat } from '../../ui/formats.ts';
import type { DraftSnapshot } from './draft-keeper.ts';
import { NOTHING_ETAG } from './opening.ts';

type Props = { snapshot: DraftSnapshot; onTryNow: () => void };

export function DraftLine({ snapshot, onTryNow }: Props) {
  const { t } = useTranslation('config');
  const { state } = snapshot;
  const isNone = state.kind === 'clean' && snapshot.server.etag === NOTHING_ETAG;
  const isBad = state.kind === 'failed' || state.kind === 'conflict';
  return (
    <span className="draft-line" data-state={isNone ? 'none' : state.kind} role={isBad ? 'alert' : undefined}>
      <i aria-hidden="true" />
      <DraftWords snapshot={snapshot} />
      {state.kind === 'failed' && (
        <Button size="small" onClick={onTryNow}>
          {t('tryNow')}
        </Button>
      )}
    </span>
  );
}

function DraftWords({ snapshot: { state, server, savedAt } }: { snapshot: DraftSnapshot }) {
  const { t, i18n } = useTranslation('config');
  switch (state.kind) {
    case 'clean': {
      if (savedAt === undefined) return server.etag === NOTHING_ETAG ? t('draftNone') : t('draftClean');
      const time = timeFormat(i18n.language, { timeStyle: 'medium' }).format(new Date(savedAt));
      return t('draftSavedAt', { time });
    }
    case 'changed':
      return t('draftChanged');
    case 'saving':
      return t('draftSaving');
    case 'failed':
      return state.willRetry ? t('draftOffline') : t('draftRefused');
    case 'conflict':
      return t('draftConflict');
    default:
      return state satisfies never;
  }
}
