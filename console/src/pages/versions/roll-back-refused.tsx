/** Half done: the version is saved, its push was refused. Says both, and how to go on. */
import { Alert, Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { api } from '../../api/client.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { ServerWords } from '../../ui/server-words.tsx';
import { absoluteTime } from '../../ui/time-text.ts';
import type { Product } from './version-facts.tsx';

type Props = {
  product: Product;
  answer: Awaited<ReturnType<typeof api.rollouts.rollBack>>;
  fromVersion: number;
  onClose: () => void;
};

/** The cool-down also says when the next push is allowed. */
type Refusal = { code: string; detail: string; nextAllowedAt?: unknown };

export function RollBackRefused({ product, answer: { version, refusal }, fromVersion, onClose }: Props) {
  const { t, i18n } = useTranslation('versions');
  const { t: tProblem } = useTranslation('problems');
  const { number } = version;
  const { code, detail, nextAllowedAt }: Refusal = refusal ?? { code: '', detail: '' };
  return (
    <Modal
      open
      title={t('rollBackRefusedTitle', { number })}
      onCancel={onClose}
      footer={
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button size="large" onClick={onClose}>
            {t('close', { ns: 'common' })}
          </Button>
          <LinkButton
            isPrimary
            to="/products/$productKey/versions/$number/push"
            params={{ productKey: product.productKey, number: String(number) }}
          >
            {t('pushVersion', { number })}
          </LinkButton>
        </div>
      }
    >
      <div className="stack">
        <Alert
          type="warning"
          showIcon
          role="alert"
          // A code that is newer than this page has no words yet.
          title={tProblem(code as 'internal', { defaultValue: code })}
          description={
            <>
              <ServerWords text={detail} />
              {typeof nextAllowedAt === 'string' && (
                <div>{t('rollBackNextAllowed', { time: absoluteTime(nextAllowedAt, i18n.language) })}</div>
              )}
            </>
          }
        />
        <p style={{ margin: 0 }}>{t('rollBackRefusedText', { number, from: fromVersion })}</p>
        {product.requestPolicy === 'saved' && product.enabled && (
          <p style={{ margin: 0 }}>{t('rollBackSavedOnly', { number })}</p>
        )}
      </div>
    </Modal>
  );
}
