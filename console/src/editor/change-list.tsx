/** What changed by meaning, one line for each place: its JSON Pointer, the value before and after. */
import { useTranslation } from 'react-i18next';
import type { Change } from './json-changes.ts';
import './code.css';
import './change-list.css';

const SHOWN_CHARS = 200;

type Props = { changes: readonly Change[]; truncated: boolean };

export function ChangeList({ changes, truncated }: Props) {
  const { t } = useTranslation('config');
  return (
    <>
      <ul className="changes" aria-label={t('changesTitle')}>
        {changes.map(({ op, path, from, to, cut }) => (
          <li key={`${op}${path}`} className={`change-${op}`}>
            <span className="change-op">{t(`change.${op}`)}</span>
            <code className="mono change-path">{path === '' ? t('wholeText') : path}</code>
            <span className="change-values mono">
              {from !== undefined && <del>{shorten(from)}</del>}
              {op === 'replace' && <span aria-hidden="true"> → </span>}
              {to !== undefined && <ins>{shorten(to)}</ins>}
              {cut && <span className="muted"> {t('valueCut')}</span>}
            </span>
          </li>
        ))}
      </ul>
      {truncated && <p className="muted">{t('changesTruncated', { count: changes.length })}</p>}
    </>
  );
}

/** A value on one line; the text below has it in full. */
function shorten(value: string): string {
  const line = value.replaceAll(/\s*\n\s*/g, ' ');
  return line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS).toWellFormed()}…` : line;
}
