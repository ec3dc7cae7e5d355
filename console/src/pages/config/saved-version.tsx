/** A version was saved: what that means, and the way to push it. */
import { Alert, Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import type { Saved } from './save-dialog.tsx';

type Props = { productKey: string; saved: Saved; isServedAtOnce: boolean; onClose: () => void };

export function SavedVersion({ productKey, saved, isServedAtOnce, onClose }: Props) {
  const { version, isAsSeen } = saved;
  const { t } = useTranslation('config');
  const mayPush = useRights()('rollouts:write');
  const { number, warnings } = version;
  const params = { productKey, number: String(number) };
  return (
    <Modal
      open
      title={t('savedTitle', { number })}
      onCancel={onClose}
      footer={
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button size="large" onClick={onClose}>
            {t('goOn')}
          </Button>
          {mayPush && isAsSeen ? (
            <LinkButton isPrimary to="/products/$productKey/versions/$number/push" params={params}>
              {t('pushVersion', { number })}
            </LinkButton>
          ) : (
            <LinkButton isPrimary to="/products/$productKey/versions/$number" params={params}>
              {t('lookAtVersion', { number })}
            </LinkButton>
          )}
        </div>
      }
    >
      <div className="stack">
        {isAsSeen ? (
          <p style={{ margin: 0 }}>{t(isServedAtOnce ? 'savedTextServed' : 'savedText')}</p>
        ) : (
          <Alert type="warning" showIcon role="alert" title={t('savedOther', { number })} />
        )}
        {warnings.length > 0 && (
          <Alert
            type="warning"
            showIcon
            title={t('warningsCount', { count: warnings.length })}
            description={
              <ul style={{ margin: 0, paddingInlineStart: 18 }}>
                {warnings.map(({ line, column, message }) => (
                  <li key={`${line}:${column}`}>
                    {t('goTo', { line, column })}: {message}
                  </li>
                ))}
              </ul>
            }
          />
        )}
      </div>
    </Modal>
  );
}
