/** Many devices from one CSV file: looked at first, then registered, with a result per row. */
import { useParams } from '@tanstack/react-router';
import { Button, Progress } from 'antd';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { percent } from '../../ui/states.tsx';
import { ROWS_MAX } from './device-csv.ts';
import { ImportCheck } from './import-check.tsx';
import { ImportFormat } from './import-format.tsx';
import { ImportResult } from './import-result.tsx';
import { ImportSource } from './import-source.tsx';
import { LeaveGuard } from './leave-guard.tsx';
import { type Stage, useImport } from './use-import.ts';
import './devices.css';
import './import.css';

export function ImportPage() {
  const { t } = useTranslation(['devices', 'common']);
  const { productKey } = useParams({ from: '/in/products/$productKey/import-devices' });
  const mayWrite = useRights()('devices:write');
  return (
    <>
      <PageHeader
        title={t('devices:importPage.title')}
        about={t('devices:importPage.about', { count: ROWS_MAX })}
        actions={
          <LinkButton to="/products/$productKey/devices" params={{ productKey }}>
            {t('devices:importPage.back')}
          </LinkButton>
        }
      />
      {mayWrite ? <Import productKey={productKey} /> : <p>{t('devices:importPage.needsRight')}</p>}
    </>
  );
}

function Import({ productKey }: { productKey: string }) {
  const { stage, check, startOver, send, goOn, stop } = useImport(productKey);
  switch (stage.kind) {
    case 'choosing':
      return (
        <div className="import-columns">
          <ImportSource fault={stage.fault} name={stage.name} onSource={(source) => void check(source)} />
          <ImportFormat />
        </div>
      );
    case 'checking':
      return <Checking stage={stage} />;
    case 'checked':
      return <ImportCheck stage={stage} onSend={() => void send()} onStartOver={startOver} />;
    case 'sending':
      return <Sending stage={stage} onStop={stop} />;
    default:
      return (
        <ImportResult
          productKey={productKey}
          stage={stage}
          onGoOn={() => void goOn()}
          onStartOver={startOver}
        />
      );
  }
}

function Checking({ stage: { name, share } }: { stage: Extract<Stage, { kind: 'checking' }> }) {
  const { t, i18n } = useTranslation('devices');
  return (
    <section className="card stack" role="status">
      <h2 style={{ margin: 0 }}>{t('importPage.checking')}</h2>
      <div className="muted">
        {name} ·{' '}
        {t('importPage.readShare', { percent: percent(Math.round(share * 100), 100, i18n.language) })}
      </div>
      <Progress percent={Math.round(share * 100)} showInfo={false} aria-label={t('importPage.checking')} />
    </section>
  );
}

type SendingStage = Extract<Stage, { kind: 'sending' }>;

function Sending({ stage, onStop }: { stage: SendingStage; onStop: () => void }) {
  const { t } = useTranslation('devices');
  const { done, total, isStopping } = stage;
  return (
    <section className="card stack">
      <div role="status">
        <h2 style={{ margin: 0 }}>{t('importPage.uploading', { done, total })}</h2>
      </div>
      <Progress
        percent={Math.floor((100 * done) / total)}
        status="active"
        aria-label={t('importPage.uploading', { done, total })}
      />
      <p style={{ margin: 0 }}>{t('importPage.uploadingHint')}</p>
      <div>
        <Button onClick={onStop} disabled={isStopping}>
          {isStopping ? t('importPage.stopping') : t('importPage.stop')}
        </Button>
      </div>
      <LeaveGuard isHolding effect={t('importPage.leaveRunning')} />
    </section>
  );
}
