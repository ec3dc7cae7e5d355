/** What changed from one version to another. */
import { useQuery } from '@tanstack/react-query';
import { Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { versionContentQuery } from '../../api/queries.ts';
import { ChangeList } from '../../editor/change-list.tsx';
import { CodeDiff } from '../../editor/code-diff.tsx';
import { QueryView } from '../../ui/query-view.tsx';

type Layout = 'split' | 'unified';
type Props = {
  productKey: string;
  from: number;
  to: number;
  layout: Layout;
  onLayout: (layout: Layout) => void;
};

export function Comparison({ productKey, from, to, layout, onLayout }: Props) {
  const { t } = useTranslation(['versions', 'common']);
  const diff = useQuery({
    queryKey: ['product', productKey, 'diff', from, to],
    queryFn: () => api.versions.diff(productKey, { from, to }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const texts = useQuery(versionContentQuery(productKey, from));
  const otherTexts = useQuery(versionContentQuery(productKey, to));
  if (from === to) return <p className="muted">{t('versions:sameVersion')}</p>;
  return (
    <QueryView query={diff}>
      {({ changes, truncated, textOnly, ...versions }) => {
        if (versions.from.sha256 === versions.to.sha256) return <p>{t('versions:sameContent')}</p>;
        return (
          <>
            <section className="card" aria-labelledby="changes">
              <h2 id="changes">
                {t('versions:changesTitle')}{' '}
                {!textOnly && (
                  <span className="muted">
                    {t('versions:changeCount', { count: changes.length })}
                    {truncated && '+'}
                  </span>
                )}
              </h2>
              {textOnly ? (
                <p>{t('versions:textOnly')}</p>
              ) : (
                <ChangeList changes={changes} truncated={truncated} />
              )}
            </section>
            <section className="stack" style={{ gap: 8 }} aria-labelledby="text">
              <div className="spread">
                <h2 id="text" style={{ margin: 0 }}>
                  {t('versions:textTitle')}
                </h2>
                <Radio.Group
                  aria-label={t('versions:layout')}
                  optionType="button"
                  value={layout}
                  onChange={({ target }) => onLayout(target.value === 'unified' ? 'unified' : 'split')}
                  options={[
                    { value: 'split', label: t('versions:split') },
                    { value: 'unified', label: t('versions:unified') },
                  ]}
                />
              </div>
              <QueryView query={texts}>
                {(fromText) => (
                  <QueryView query={otherTexts}>
                    {(toText) => (
                      <CodeDiff
                        from={fromText}
                        to={toText}
                        fromLabel={t('common:version', { number: from })}
                        toLabel={t('common:version', { number: to })}
                        layout={layout}
                      />
                    )}
                  </QueryView>
                )}
              </QueryView>
            </section>
          </>
        );
      }}
    </QueryView>
  );
}
