/** What became of each row, and the secrets, which are here and nowhere else. */
import { DownloadOutlined } from '@ant-design/icons';
import { Alert, Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CSV_BYTE_ORDER_MARK, csvLine, saveAsFile } from '../../ui/csv.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { writeSecrets } from './device-csv.ts';
import { ImportRows } from './import-rows.tsx';
import { type ResultRow, withSecrets } from './import-run.ts';
import { LeaveGuard } from './leave-guard.tsx';
import { useRowProblem } from './row-problem.ts';
import type { Stage } from './use-import.ts';

type Props = {
  productKey: string;
  stage: Extract<Stage, { kind: 'finished' }>;
  onGoOn: () => void;
  onStartOver: () => void;
};

export function ImportResult({ productKey, stage, onGoOn, onStartOver }: Props) {
  const { t } = useTranslation('devices');
  const { results } = stage;
  const made = useMemo(() => withSecrets(results), [results]);
  const [isKept, setKept] = useState(false);
  const isAtRisk = made.length > 0 && !isKept;
  const keep = () => {
    saveAsFile(`${productKey}-device-secrets.csv`, [writeSecrets(productKey, made)]);
    setKept(true);
  };
  const title =
    made.length === 0 ? t('importPage.noneRegistered') : t('importPage.registered', { count: made.length });
  return (
    <div className="stack">
      <section className="card stack">
        <div role="status">
          <h2 style={{ margin: 0 }}>{title}</h2>
        </div>
        {made.length > 0 && <Secrets count={made.length} isKept={isKept} onKeep={keep} />}
        <EndedEarly stage={stage} onGoOn={onGoOn} />
        <div className="row">
          <ProblemsFile productKey={productKey} results={results} />
          <LinkButton to="/products/$productKey/devices" params={{ productKey }}>
            {t('importPage.toDevices')}
          </LinkButton>
          <Button disabled={isAtRisk} onClick={onStartOver}>
            {t('importPage.importMore')}
          </Button>
        </div>
      </section>
      <ImportRows results={results} />
      <LeaveGuard isHolding={isAtRisk} effect={t('importPage.leaveEffect', { count: made.length })} />
    </div>
  );
}

function Secrets({ count, isKept, onKeep }: { count: number; isKept: boolean; onKeep: () => void }) {
  const { t } = useTranslation('devices');
  return (
    <Alert
      type={isKept ? 'success' : 'warning'}
      showIcon
      title={isKept ? t('importPage.downloaded') : t('importPage.secretsTitle')}
      description={
        <div className="stack">
          {!isKept && t('importPage.secretsText', { count })}
          <div>
            <Button
              type={isKept ? 'default' : 'primary'}
              icon={<DownloadOutlined aria-hidden />}
              onClick={onKeep}
            >
              {t('importPage.downloadSecrets', { count })}
            </Button>
          </div>
        </div>
      }
    />
  );
}

function EndedEarly({ stage, onGoOn }: Pick<Props, 'stage' | 'onGoOn'>) {
  const { t } = useTranslation('devices');
  const { left, error, results } = stage;
  if (left.length === 0) return null;
  const unknown = results.filter(({ status }) => status === 'unknown').length;
  return (
    <>
      <Alert
        type="warning"
        showIcon
        title={
          error === undefined ? t('importPage.stopped', { count: left.length }) : t('importPage.brokenOff')
        }
        description={unknown > 0 ? t('importPage.brokenOffText', { count: unknown }) : undefined}
        action={<Button onClick={onGoOn}>{t('importPage.goOn', { count: left.length })}</Button>}
      />
      {error !== undefined && <ProblemAlert error={error} />}
    </>
  );
}

function ProblemsFile({ productKey, results }: { productKey: string; results: readonly ResultRow[] }) {
  const { t } = useTranslation('devices');
  const sayProblem = useRowProblem();
  const bad = useMemo(() => results.filter(({ status }) => status !== 'created'), [results]);
  if (bad.length === 0) return null;
  const save = () => {
    const lines = bad.map(({ row, deviceName, status, message, problem }) =>
      csvLine([row, deviceName, status, problem === undefined ? message : sayProblem(problem)]),
    );
    const head = csvLine(['row', 'deviceName', 'status', 'message']);
    saveAsFile(`${productKey}-import-problems.csv`, [CSV_BYTE_ORDER_MARK, head, ...lines]);
  };
  return (
    <Button icon={<DownloadOutlined aria-hidden />} onClick={save}>
      {t('importPage.downloadProblems', { count: bad.length })}
    </Button>
  );
}
