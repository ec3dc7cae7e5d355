/** Pages for addresses that lead nowhere and for pages that failed. */
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hasCode, isProblem } from '../api/problem.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { ProblemAlert } from '../ui/problem-alert.tsx';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t('notFoundTitle')} about={t('notFoundText')} />
      <Link to="/">{t('backToFleet')}</Link>
    </>
  );
}

export function FailurePage({ error, reset }: { error: unknown; reset: () => void }) {
  const { t } = useTranslation();
  if (hasCode(error, 'product-not-found', 'device-not-found', 'version-not-found', 'rollout-not-found'))
    return <NotFoundPage />;
  return (
    <div className="stack" style={{ maxWidth: 720 }}>
      <h1>{t('crashedTitle')}</h1>
      {/* A part of the console that did not load, or is no longer there after an update, is only had by loading it anew. */}
      <ProblemAlert error={error} onRetry={isProblem(error) ? reset : () => location.reload()} />
    </div>
  );
}
