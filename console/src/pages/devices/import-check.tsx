/** What is in a device list, before anything is sent. */
import { CheckCircleOutlined, WarningOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { BadRow } from './csv-check.ts';
import { useRowProblem } from './row-problem.ts';
import type { Stage } from './use-import.ts';

/** After these a person knows what is wrong with the file. */
const PROBLEMS_SHOWN = 50;

type Props = {
  stage: Extract<Stage, { kind: 'checked' }>;
  onSend: () => void;
  onStartOver: () => void;
};

export function ImportCheck({ stage: { name, good, bad }, onSend, onStartOver }: Props) {
  const { t } = useTranslation('devices');
  return (
    <section className="card stack">
      <div>
        <h2 style={{ marginBottom: 2 }}>{t('importPage.checked')}</h2>
        <div className="muted">{name}</div>
      </div>
      <div role="status">
        <ul className="counts">
          <li>
            <CheckCircleOutlined style={{ color: 'var(--state-applied)' }} />{' '}
            {good.length === 0 ? t('importPage.noneGood') : t('importPage.goodRows', { count: good.length })}
          </li>
          {bad.length > 0 && (
            <li>
              <WarningOutlined style={{ color: 'var(--state-timed-out)' }} />{' '}
              {t('importPage.badRows', { count: bad.length })}
            </li>
          )}
        </ul>
      </div>
      {bad.length > 0 && <Problems bad={bad} />}
      <div className="row">
        {good.length > 0 && (
          <Button type="primary" onClick={onSend}>
            {t('importPage.upload', { count: good.length })}
          </Button>
        )}
        <Button onClick={onStartOver}>{t('importPage.anotherFile')}</Button>
      </div>
    </section>
  );
}

function Problems({ bad }: { bad: readonly BadRow[] }) {
  const { t } = useTranslation('devices');
  const sayProblem = useRowProblem();
  const shown = bad.slice(0, PROBLEMS_SHOWN);
  return (
    <>
      {bad.length > PROBLEMS_SHOWN && (
        <p style={{ margin: 0 }}>
          {t('importPage.problemsShown', { shown: PROBLEMS_SHOWN, total: bad.length })}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section className="scroll-x problem-rows" tabIndex={0} aria-label={t('importPage.problem')}>
        <table className="row-table">
          <thead>
            <tr>
              <th scope="col">{t('importPage.row')}</th>
              <th scope="col">{t('name')}</th>
              <th scope="col">{t('importPage.problem')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ row, deviceName, problem }) => (
              <tr key={row}>
                <td className="numbers">{row}</td>
                <td className="mono">{deviceName.slice(0, 64)}</td>
                <td>{sayProblem(problem)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
