/** What a device list looks like, with an example to copy. */
import { Trans, useTranslation } from 'react-i18next';
import { CopyBlock } from '../../ui/copy-text.tsx';

const EXAMPLE = `deviceName,tags
lamp-0001,floor=1;beta
lamp-0002,floor=1
lamp-0003,
`;
const COLUMNS = ['deviceName', 'tags', 'deviceSecret'] as const;

export function ImportFormat() {
  const { t } = useTranslation('devices');
  return (
    <section className="card stack">
      <h2 style={{ margin: 0 }}>{t('importPage.format')}</h2>
      <p style={{ margin: 0 }}>
        <Trans t={t} i18nKey="importPage.formatText" components={{ code: <code className="mono" /> }} />
      </p>
      <dl className="facts">
        {COLUMNS.map((column) => (
          <div key={column} style={{ display: 'contents' }}>
            <dt className="mono">{column}</dt>
            <dd>{t(`importPage.columns.${column}`)}</dd>
          </div>
        ))}
      </dl>
      <CopyBlock text={EXAMPLE} label={t('importPage.example')} />
    </section>
  );
}
