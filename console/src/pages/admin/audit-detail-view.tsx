/** The detail of an audit entry: what changed in two columns, then the other facts. */
import { useTranslation } from 'react-i18next';
import { Time } from '../../ui/time.tsx';
import { type AuditDetail, isTimeFact, readDetail, valueText } from './audit-detail.ts';

export function AuditDetailView({ detail }: { detail: Record<string, unknown> }) {
  const { changes, sameCount, facts } = readDetail(detail);
  return (
    <>
      {(changes.length > 0 || sameCount > 0) && <Changes changes={changes} />}
      {facts.length > 0 && <Facts facts={facts} />}
    </>
  );
}

/** A name of the server in words where there are some. */
function useFieldWords(): (name: string) => string {
  const { t } = useTranslation('admin');
  return (name) => t(`field.${name}` as 'field.name', { defaultValue: name });
}

function useValueText(): (value: unknown) => string {
  const { t } = useTranslation();
  return (value) => valueText(value, { none: t('none'), yes: t('yes'), no: t('no') });
}

function Changes({ changes }: Pick<AuditDetail, 'changes'>) {
  const { t } = useTranslation('admin');
  const fieldWords = useFieldWords();
  const text = useValueText();
  if (changes.length === 0) return <p style={{ margin: 0 }}>{t('audit.nothingChanged')}</p>;
  return (
    <div className="scroll-x">
      <table className="audit-changes" aria-label={t('audit.changes')}>
        <thead>
          <tr>
            <th scope="col">{t('audit.field')}</th>
            <th scope="col">{t('audit.before')}</th>
            <th scope="col">{t('audit.after')}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ field, before, after }) => (
            <tr key={field}>
              <th scope="row">{fieldWords(field)}</th>
              <td>{before === undefined ? '' : <del>{text(before)}</del>}</td>
              <td>{after === undefined ? '' : <ins>{text(after)}</ins>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Facts({ facts }: Pick<AuditDetail, 'facts'>) {
  const fieldWords = useFieldWords();
  const text = useValueText();
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <div key={fact.name} style={{ display: 'contents' }}>
          <dt>{fieldWords(fact.name)}</dt>
          <dd>
            {isTimeFact(fact) ? (
              <Time value={new Date(Number(fact.value)).toISOString()} />
            ) : (
              text(fact.value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
