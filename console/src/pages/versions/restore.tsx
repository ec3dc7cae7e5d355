/** Puts a version's text into the editor. Names the draft that it replaces, and keeps a copy of it here. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, queryClient } from '../../api/client.ts';
import { hasCode } from '../../api/problem.ts';
import { versionContentQuery } from '../../api/queries.ts';
import { useSession } from '../../app/rights.ts';
import { ConfirmEffect } from '../../ui/confirm-effect.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { QueryView } from '../../ui/query-view.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import type { ServerDraft } from '../config/draft-keeper.ts';
import { setAside } from '../config/kept-text.ts';
import { NOTHING_ETAG, readDraft } from '../config/opening.ts';

type Props = { productKey: string; number: number; onClose: () => void };

export function Restore({ productKey, number, onClose }: Props) {
  const { t } = useTranslation('versions');
  useFocusBack();
  const navigate = useNavigate();
  const { name: username } = useSession();
  const before = useQuery({
    queryKey: ['draft-to-replace', productKey, number],
    queryFn: async () => ({
      draft: await readDraft(productKey),
      text: await queryClient.fetchQuery(versionContentQuery(productKey, number)),
    }),
    gcTime: 0,
  });
  const restore = useAction({
    run: ({ etag }: ServerDraft) =>
      api.versions.restore(productKey, number, etag).catch((error: unknown) => {
        // What was looked at is no longer what would be replaced.
        if (hasCode(error, 'precondition-failed')) void before.refetch();
        throw error;
      }),
    done: t('restored', { number }),
    onDone(_, replaced) {
      if (replaced.etag !== NOTHING_ETAG && replaced.text !== before.data?.text)
        setAside(
          { productKey, username },
          { text: replaced.text, kind: 'replaced', at: new Date().toISOString() },
        );
      void navigate({ to: '/products/$productKey/config', params: { productKey } });
    },
  });
  const isNew = before.data?.draft.etag === NOTHING_ETAG;
  return (
    <ConfirmEffect
      open
      title={t('restoreTitle', { number })}
      action={t(isNew ? 'restoreActionNew' : 'restoreAction')}
      isDangerous={false}
      isPending={restore.isPending || before.data === undefined}
      error={restore.error}
      onConfirm={() => before.data && restore.mutate(before.data.draft)}
      onCancel={onClose}
      effect={
        <div className="stack">
          <div>{t('restoreEffect', { number })}</div>
          <QueryView query={before}>
            {({ draft, text }) => <Replaced draft={draft} isSame={draft.text === text} />}
          </QueryView>
        </div>
      }
    />
  );
}

function Replaced({ draft, isSame }: { draft: ServerDraft; isSame: boolean }) {
  const { t, i18n } = useTranslation('versions');
  if (draft.etag === NOTHING_ETAG) return <div className="muted">{t('restoreNoDraft')}</div>;
  if (isSame) return <div className="muted">{t('restoreSame')}</div>;
  const size = numberFormat(i18n.language).format(new TextEncoder().encode(draft.text).length);
  return <Alert type="warning" showIcon title={t('restoreReplaces', { size })} />;
}
