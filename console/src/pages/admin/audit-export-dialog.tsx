/** The audit log as a file: what will be in it, how far the reading is, and whether something was left out. */
import { Alert, Button, Modal, Radio } from 'antd';
import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditFilter } from '../../api/admin-queries.ts';
import { api } from '../../api/client.ts';
import { saveAsFile } from '../../ui/csv.ts';
import { numberFormat } from '../../ui/formats.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import {
  EXPORT_ENTRIES_MAX,
  EXPORT_PAGE_ENTRIES,
  type Exported,
  type ExportFormat,
  exportAudit,
} from './audit-export.ts';

const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv;charset=utf-8',
  json: 'application/json',
};

type Props = { filter: AuditFilter; onClose: () => void };

export function AuditExport({ filter, onClose }: Props) {
  const { t, i18n } = useTranslation(['admin', 'common']);
  useFocusBack();
  const number = numberFormat(i18n.language);
  const id = useId();
  const [format, setFormat] = useState<ExportFormat>('csv');
  const { action, entries } = useExport(filter, format);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Modal
      open
      title={t('admin:audit.export')}
      onCancel={onClose}
      footer={[
        <Button key="close" onClick={onClose}>
          {action.data === undefined ? t('common:cancel') : t('common:close')}
        </Button>,
        <Button key="export" type="primary" loading={action.isPending} onClick={() => action.mutate()}>
          {t('admin:audit.exportDo')}
        </Button>,
      ]}
    >
      <div className="stack">
        <p style={{ margin: 0 }}>
          {isFiltered ? t('admin:audit.exportFiltered') : t('admin:audit.exportAll')}{' '}
          {t('admin:audit.exportLimit', { max: number.format(EXPORT_ENTRIES_MAX) })}
        </p>
        <div>
          <div id={id} style={{ marginBottom: 8 }}>
            {t('admin:audit.format')}
          </div>
          <Radio.Group
            aria-labelledby={id}
            value={format}
            disabled={action.isPending}
            onChange={({ target }) => setFormat(target.value)}
          >
            <Radio value="csv">{t('admin:audit.csv')}</Radio>
            <Radio value="json">{t('admin:audit.json')}</Radio>
          </Radio.Group>
        </div>
        <div role="status">
          {action.isPending && t('admin:audit.exporting', { entries: number.format(entries) })}
          {action.data !== undefined && <Result {...action.data} />}
        </div>
        {action.error !== null && <ProblemAlert error={action.error} />}
      </div>
    </Modal>
  );
}

function Result({ entries, isCut }: Exported) {
  const { t, i18n } = useTranslation('admin');
  const shown = numberFormat(i18n.language).format(entries);
  return isCut ? (
    <Alert type="warning" showIcon title={t('audit.exportCut', { entries: shown })} />
  ) : (
    <Alert type="success" showIcon title={t('audit.exported', { entries: shown })} />
  );
}

/** Closing the dialog ends the reading. */
function useExport(filter: AuditFilter, format: ExportFormat) {
  const [entries, setEntries] = useState(0);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const action = useAction({
    run: async () => {
      setEntries(0);
      running.current = new AbortController();
      const exported = await exportAudit({
        format,
        signal: running.current.signal,
        onProgress: setEntries,
        read: (cursor) => api.audit.list({ ...filter, limit: EXPORT_PAGE_ENTRIES, cursor }),
      });
      // The last page may have come after the dialog was closed.
      running.current.signal.throwIfAborted();
      const day = new Date().toISOString().slice(0, 10);
      saveAsFile(`opencota-audit-${day}.${format}`, exported.parts, TYPES[format]);
      return exported;
    },
  });
  return { action, entries };
}
