/** What a push changes on devices that have what was pushed last: by meaning first, as text on request. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { versionContentQuery } from '../../api/queries.ts';
import { ChangeList } from '../../editor/change-list.tsx';
import { CopyBlock } from '../../ui/copy-text.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { diffQuery } from './queries.ts';

const CodeDiff = lazy(async () => ({ default: (await import('../../editor/code-diff.tsx')).CodeDiff }));

/** More text than this is looked at on its own page. */
const SHOWN_CHARS_MAX = 20_000;

type Props = { productKey: string; from: number; to: number };

export function PushDiff({ productKey, from, to }: Props) {
  const { t } = useTranslation('rollouts');
  const about =
    from === 0
      ? t('push.firstPush')
      : from === to
        ? t('push.samePush', { number: to })
        : t('push.comparedWith', { number: from });
  return (
    <section className="card stack" aria-labelledby="push-changes">
      <h2 id="push-changes" style={{ margin: 0 }}>
        {from === 0 || from === to ? t('push.content') : t('push.changes')}
      </h2>
      <p className="muted" style={{ margin: 0 }}>
        {about}
      </p>
      {from === 0 || from === to ? (
        <Content productKey={productKey} number={to} />
      ) : (
        <Differences productKey={productKey} from={from} to={to} />
      )}
    </section>
  );
}

function Content({ productKey, number }: { productKey: string; number: number }) {
  const { t } = useTranslation('rollouts');
  const query = useQuery(versionContentQuery(productKey, number));
  return (
    <QueryView query={query}>
      {(text) =>
        text.length > SHOWN_CHARS_MAX ? (
          <Link to="/products/$productKey/versions/$number" params={{ productKey, number: String(number) }}>
            {t('push.viewVersion', { number })}
          </Link>
        ) : (
          <CopyBlock text={text} label={t('push.viewVersion', { number })} />
        )
      }
    </QueryView>
  );
}

function Differences({ productKey, from, to }: Props) {
  const { t } = useTranslation('rollouts');
  const query = useQuery(diffQuery(productKey, from, to));
  return (
    <QueryView query={query}>
      {({ changes, truncated, textOnly }) => (
        <>
          {textOnly && <p style={{ margin: 0 }}>{t('push.textOnly')}</p>}
          {changes.length === 0 && !textOnly && <p style={{ margin: 0 }}>{t('push.noChanges')}</p>}
          {changes.length > 0 && <ChangeList changes={changes} truncated={truncated} />}
          <TextDifferences productKey={productKey} from={from} to={to} />
        </>
      )}
    </QueryView>
  );
}

/** CodeMirror is loaded when somebody looks. */
function TextDifferences({ productKey, from, to }: Props) {
  const { t } = useTranslation('rollouts');
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('push.asText')}</summary>
      {isOpen && (
        <div style={{ marginTop: 12 }}>
          <Suspense fallback={<Skeleton active />}>
            <Texts productKey={productKey} from={from} to={to} />
          </Suspense>
        </div>
      )}
    </details>
  );
}

function Texts({ productKey, from, to }: Props) {
  const { t } = useTranslation();
  const before = useQuery(versionContentQuery(productKey, from));
  const after = useQuery(versionContentQuery(productKey, to));
  return (
    <QueryView query={before}>
      {(fromText) => (
        <QueryView query={after}>
          {(toText) => (
            <CodeDiff
              from={fromText}
              to={toText}
              fromLabel={t('version', { number: from })}
              toLabel={t('version', { number: to })}
              layout="unified"
            />
          )}
        </QueryView>
      )}
    </QueryView>
  );
}
