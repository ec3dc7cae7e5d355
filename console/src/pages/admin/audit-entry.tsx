/** One line of the audit log, and behind it what exactly was done. */
import { DownOutlined, RightOutlined } from '@ant-design/icons';
import { Link } from '@tanstack/react-router';
import { Button, Tag } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyBlock } from '../../ui/copy-text.tsx';
import { Time } from '../../ui/time.tsx';
import { absoluteTime } from '../../ui/time-text.ts';
import { isKnownAction } from './audit-actions.ts';
import { AuditDetailView } from './audit-detail-view.tsx';
import type { AuditEntry } from './audit-export.ts';

export const AUDIT_COLUMNS = 6;

export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation('admin');
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const words = useActionWords(entry.action);
  const { at, actor, remoteAddress, outcome } = entry;
  return (
    <>
      <tr className={isOpen ? 'is-open' : undefined}>
        <td data-label={t('audit.when')}>
          <Time value={at} />
        </td>
        <td data-label={t('audit.actor')}>
          <span className="audit-pair">
            <Link to="/audit" search={(old) => ({ ...old, actor })}>
              {actor}
            </Link>
            <span className="muted mono">{remoteAddress}</span>
          </span>
        </td>
        <td data-label={t('audit.action')}>{words}</td>
        <td data-label={t('audit.target')}>
          <Target entry={entry} />
        </td>
        <td data-label={t('audit.outcome')}>
          {outcome === 'ok' ? t('audit.ok') : <Tag color="error">{t('audit.refused')}</Tag>}
        </td>
        <td className="cell-actions">
          <Button
            size="small"
            type="text"
            icon={isOpen ? <DownOutlined aria-hidden /> : <RightOutlined aria-hidden />}
            aria-expanded={isOpen}
            aria-controls={id}
            aria-label={t('audit.detailOf', { action: words, actor })}
            onClick={() => setOpen(!isOpen)}
          >
            {t('audit.detail')}
          </Button>
        </td>
      </tr>
      <tr id={id} hidden={!isOpen} className="audit-more">
        {isOpen && (
          <td colSpan={AUDIT_COLUMNS}>
            <More entry={entry} />
          </td>
        )}
      </tr>
    </>
  );
}

function useActionWords(action: string): string {
  const { t } = useTranslation('admin');
  return isKnownAction(action) ? t(`action.${action}`) : action;
}

function Target({ entry: { target, productKey } }: { entry: AuditEntry }) {
  return (
    <span className="audit-pair">
      {target !== productKey && <span>{target}</span>}
      {productKey !== null && (
        <Link className="mono" to="/audit" search={(old) => ({ ...old, productKey })}>
          {productKey}
        </Link>
      )}
    </span>
  );
}

function More({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation('admin');
  return (
    <div className="stack">
      <dl className="facts">
        <dt>{t('audit.when')}</dt>
        <dd>{absoluteTime(entry.at, i18n.language)}</dd>
        <dt>{t('audit.action')}</dt>
        <dd className="mono">{entry.action}</dd>
      </dl>
      <AuditDetailView detail={entry.detail} />
      <details>
        <summary>{t('audit.raw')}</summary>
        <CopyBlock text={JSON.stringify(entry, undefined, 2)} label={t('audit.raw')} />
      </details>
    </div>
  );
}
