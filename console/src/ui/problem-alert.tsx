/** What went wrong, in the person's language, with the server's own words and the request's id below. */
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { shown } from '../api/problem.ts';
import { CopyText } from './copy-text.tsx';
import { ServerWords } from './server-words.tsx';

export function ProblemAlert({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const { t: tProblem } = useTranslation('problems');
  const { code, detail, requestId } = shown(error);
  // A code that is newer than this page has no words yet.
  const title = tProblem(code as 'internal', { defaultValue: code });
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={title}
      description={
        <>
          {detail !== title && <ServerWords text={detail} />}
          {requestId !== '' && (
            <div className="muted">
              {t('requestId')} <CopyText text={requestId} />
            </div>
          )}
        </>
      }
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t('retry')}
          </Button>
        )
      }
    />
  );
}
