/** What is wrong with the draft, each with its place: a click goes there. */
import { CheckCircleOutlined, CloseCircleFilled, WarningFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { ServerWords } from '../../ui/server-words.tsx';
import type { PlacedFinding } from './placed-findings.ts';
import { useFindingWords } from './use-finding-words.ts';

type Props = {
  /** undefined: not checked yet. */
  findings: readonly PlacedFinding[] | undefined;
  hasSchema: boolean;
  error: unknown;
  onJump: (finding: PlacedFinding) => void;
};

export function ProblemList({ findings, hasSchema, error, onJump }: Props) {
  const { t } = useTranslation('config');
  const problems = findings?.filter(({ severity }) => severity === 'problem').length ?? 0;
  const warnings = (findings?.length ?? 0) - problems;
  return (
    <section className="card problem-list" aria-labelledby="problems">
      <div className="spread">
        <h2 id="problems">{t('problems')}</h2>
        <span className="muted" role="status">
          {findings === undefined && t('problemsNotChecked')}
          {problems > 0 && <span className="problem-count">{t('problemsCount', { count: problems })}</span>}
          {problems > 0 && warnings > 0 && ' · '}
          {warnings > 0 && t('warningsCount', { count: warnings })}
          {findings?.length === 0 && (
            <>
              <CheckCircleOutlined className="problem-none" /> {t('noProblems')}
            </>
          )}
        </span>
      </div>
      {error !== null && <ProblemAlert error={error} />}
      {findings !== undefined && findings.length > 0 && (
        <ul>
          {findings.map((finding) => (
            <li key={`${finding.reason} ${finding.from} ${finding.message}`}>
              <ProblemRow finding={finding} onJump={() => onJump(finding)} />
            </li>
          ))}
        </ul>
      )}
      {hasSchema && <p className="muted">{t('checkedSchema')}</p>}
    </section>
  );
}

function ProblemRow({ finding, onJump }: { finding: PlacedFinding; onJump: () => void }) {
  const { t } = useTranslation('config');
  const { severity, reason, message, path, line, column } = finding;
  // A reason that is newer than this page has no words yet.
  const words = useFindingWords()(message);
  const title = t(`reason.${reason as 'syntax'}`, { defaultValue: reason });
  const Icon = severity === 'problem' ? CloseCircleFilled : WarningFilled;
  return (
    <>
      <Icon className={`problem-icon-${severity}`} aria-label={t(severity)} />
      <Button type="link" size="small" onClick={onJump}>
        {t('goTo', { line, column })}
      </Button>
      <span>
        <b>{title}</b> {words ?? <ServerWords text={message} />}{' '}
        {reason === 'schema' && path !== '' && <code className="mono">{path}</code>}
      </span>
    </>
  );
}
