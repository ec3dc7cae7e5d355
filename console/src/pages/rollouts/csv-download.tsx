/** Deliveries as a file: read page by page, with how far it is, and a way to stop. */
import { DownloadOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { saveAsFile } from '../../ui/csv.ts';
import { numberFormat } from '../../ui/formats.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { CSV_ROWS_MAX, readDeliveriesCsv } from './deliveries-csv.ts';
import { type DeliveryFilter, listDeliveries } from './delivery-filter.ts';

const ROWS_PER_REQUEST = 500;

type Props = { id: number; filter: DeliveryFilter; total: number };

export function CsvDownload({ id, filter, total }: Props) {
  const { t, i18n } = useTranslation(['rollouts', 'common']);
  const { message } = App.useApp();
  const [rows, setRows] = useState(0);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const number = numberFormat(i18n.language);
  const download = useMutation({
    mutationFn: async () => {
      setRows(0);
      stop.current = new AbortController();
      const { signal } = stop.current;
      const made = await readDeliveriesCsv({
        read: (cursor) => {
          signal.throwIfAborted();
          return listDeliveries(api.rollouts.listDeliveries, { id, filter, limit: ROWS_PER_REQUEST, cursor });
        },
        onProgress: setRows,
      });
      signal.throwIfAborted();
      saveAsFile(`rollout-${id}-${filter}.csv`, made.parts);
      return made;
    },
    onSuccess: ({ rows: count, isCut }) => {
      const devices = number.format(count);
      if (isCut) void message.warning(t('rollouts:csv.cut', { devices }));
      else void message.success(t('rollouts:csv.done', { count, devices }));
    },
  });
  const isStopped = stop.current.signal.aborted;
  if (download.isPending)
    return (
      <div className="row">
        <span role="status" className="numbers">
          {t('rollouts:csv.progress', {
            rows: number.format(rows),
            total: number.format(Math.min(total, CSV_ROWS_MAX)),
          })}
        </span>
        <Button onClick={() => stop.current.abort()}>{t('common:cancel')}</Button>
      </div>
    );
  return (
    <div className="stack">
      <Button
        icon={<DownloadOutlined aria-hidden />}
        disabled={total === 0}
        onClick={() => download.mutate()}
      >
        {t('rollouts:csv.download')}
      </Button>
      {download.error !== null && !isStopped && <ProblemAlert error={download.error} />}
    </div>
  );
}
