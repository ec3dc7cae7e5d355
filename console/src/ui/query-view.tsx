/** What is read and what becomes of it: waiting, failed (with a way to try again), or there. */
import type { UseQueryResult } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from './problem-alert.tsx';

type Read<T> = Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;

/** What was read stays on the page when a later read fails; the failure is said above it. */
export function QueryView<T>({ query, children }: { query: Read<T>; children: (data: T) => ReactNode }) {
  const { t } = useTranslation();
  const { data, error, refetch } = query;
  return (
    <>
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {data !== undefined && children(data)}
      {data === undefined && error === null && (
        <div role="status" aria-label={t('loading')}>
          <Skeleton active />
        </div>
      )}
    </>
  );
}
