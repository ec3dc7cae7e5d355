/** Codes for the day the telephone is lost. They are said once, so the page stays until they are kept. */
import { CopyOutlined, DownloadOutlined } from '@ant-design/icons';
import { Alert, Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { writeClipboard } from '../../ui/copy-text.tsx';
import { saveAsFile } from '../../ui/csv.ts';

type Props = { codes: readonly string[]; username: string; onClose: () => void };

export function RecoveryCodes({ codes, username, onClose }: Props) {
  const { t } = useTranslation(['account', 'common']);
  const [isKept, setKept] = useState(false);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await writeClipboard(codes.join('\n'));
    setCopied(true);
  };
  const download = () => {
    const head = t('account:recoveryFileHead', { username, server: location.host });
    saveAsFile(
      `opencota-${username}.txt`,
      [`${[head, '', ...codes].join('\n')}\n`],
      'text/plain;charset=utf-8',
    );
  };
  return (
    <div className="stack">
      <Alert type="success" showIcon role="status" title={t('account:totpReady')} />
      <p style={{ margin: 0 }}>{t('account:recoveryAbout', { count: codes.length })}</p>
      <Alert type="warning" showIcon title={t('common:shownOnce')} />
      <ol className="recovery-codes mono" aria-label={t('account:recoveryTitle')}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="row">
        <Button icon={<CopyOutlined aria-hidden />} onClick={() => void copy()}>
          {isCopied ? t('common:copied') : t('account:copyAll')}
        </Button>
        <Button icon={<DownloadOutlined aria-hidden />} onClick={download}>
          {t('account:download')}
        </Button>
      </div>
      <Checkbox checked={isKept} onChange={({ target }) => setKept(target.checked)}>
        {t('account:kept')}
      </Checkbox>
      <Button type="primary" disabled={!isKept} onClick={onClose}>
        {t('common:close')}
      </Button>
    </div>
  );
}
