/** A secret that the server says once: it stays on the page until the person says that it is kept. */
import { Alert, Button, Modal } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyText } from './copy-text.tsx';

type Props = {
  title: string;
  secrets: readonly { label: string; value: string }[];
  onClose: () => void;
  children?: ReactNode;
};

export function SecretOnce({ title, secrets, onClose, children }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={title}
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('close')}
        </Button>
      }
    >
      <div className="stack">
        <Alert type="warning" showIcon title={t('shownOnce')} />
        <dl className="facts">
          {secrets.map(({ label, value }) => (
            <div key={label} style={{ display: 'contents' }}>
              <dt>{label}</dt>
              <dd>
                <CopyText text={value} />
              </dd>
            </div>
          ))}
        </dl>
        {children}
      </div>
    </Modal>
  );
}
