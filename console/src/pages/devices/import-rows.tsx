/** The result of each row of an import, by status, a page at a time: nothing here grows with the file. */
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { countByStatus, RESULT_STATUSES, type ResultRow, type ResultStatus } from './import-run.ts';
import { useRowProblem } from './row-problem.ts';

const ROWS_PER_PAGE = 50;

export function ImportRows({ results }: { results: readonly ResultRow[] }) {
  const { t } = useTranslation('devices');
  const [status, setStatus] = useState<ResultStatus>();
  const [page, setPage] = useState(0);
  const shown = useMemo(
    () => (status === undefined ? results : results.filter((result) => result.status === status)),
    [results, status],
  );
  const first = page * ROWS_PER_PAGE;
  const rows = shown.slice(first, first + ROWS_PER_PAGE);
  const choose = (chosen: ResultStatus | undefined) => {
    setStatus(chosen);
    setPage(0);
  };
  return (
    <section className="card stack">
      <h2 style={{ margin: 0 }}>{t('importPage.result')}</h2>
      <StatusChoice results={results} status={status} onChoose={choose} />
      <ResultTable rows={rows} />
      <nav className="spread" aria-label={t('pages')}>
        <span className="muted numbers" role="status">
          {t('importPage.rowsCount', { count: shown.length })}
          {shown.length > ROWS_PER_PAGE && ` · ${first + 1}–${first + rows.length}`}
        </span>
        {shown.length > ROWS_PER_PAGE && (
          <div className="row">
            <Button disabled={page === 0} onClick={() => setPage(page - 1)}>
              {t('previousPage')}
            </Button>
            <Button disabled={first + ROWS_PER_PAGE >= shown.length} onClick={() => setPage(page + 1)}>
              {t('nextPage')}
            </Button>
          </div>
        )}
      </nav>
    </section>
  );
}

type ChoiceProps = {
  results: readonly ResultRow[];
  status: ResultStatus | undefined;
  onChoose: (status: ResultStatus | undefined) => void;
};

function StatusChoice({ results, status, onChoose }: ChoiceProps) {
  const { t, i18n } = useTranslation('devices');
  const counts = useMemo(() => countByStatus(results), [results]);
  const number = numberFormat(i18n.language);
  const choice = (each: ResultStatus | undefined, label: string, count: number) => (
    <Button
      key={label}
      size="small"
      type={each === status ? 'primary' : 'default'}
      aria-pressed={each === status}
      {...(each !== undefined && { title: t(`importPage.statusMeaning.${each}`) })}
      onClick={() => onChoose(each)}
    >
      {label} {number.format(count)}
    </Button>
  );
  return (
    <fieldset className="row plain-fieldset" aria-label={t('importPage.status')}>
      {choice(undefined, t('importPage.all'), results.length)}
      {RESULT_STATUSES.filter((each) => counts.has(each)).map((each) =>
        choice(each, t(`importPage.statuses.${each}`), counts.get(each) ?? 0),
      )}
    </fieldset>
  );
}

function ResultTable({ rows }: { rows: readonly ResultRow[] }) {
  const { t } = useTranslation('devices');
  const sayProblem = useRowProblem();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="scroll-x" tabIndex={0} aria-label={t('importPage.result')}>
      <table className="row-table">
        <thead>
          <tr>
            <th scope="col">{t('importPage.row')}</th>
            <th scope="col">{t('name')}</th>
            <th scope="col">{t('importPage.status')}</th>
            <th scope="col">{t('importPage.detail')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ row, deviceName, status, message, problem }) => (
            <tr key={row}>
              <td className="numbers">{row}</td>
              <td className="mono">{deviceName.slice(0, 64)}</td>
              <td className="nowrap">
                <i className={`status-dot is-${status}`} />
                {t(`importPage.statuses.${status}`)}
              </td>
              <td className="muted">
                {problem === undefined
                  ? (ownWords(status, message) ?? t(`importPage.statusMeaning.${status}`))
                  : sayProblem(problem)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Where there is more to say than the status does, or nothing. */
function ownWords(status: ResultStatus, message: string | undefined): string | undefined {
  if (status === 'created') return '';
  return status === 'invalid' || status === 'failed' ? message : undefined;
}
