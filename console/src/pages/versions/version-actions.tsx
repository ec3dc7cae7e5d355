/**
 * What can be done with an old version. The two ways back are two buttons: one puts its text into the editor and
 * changes nothing else, the other saves it as a new version and pushes that.
 */
import { Button, Tooltip } from 'antd';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Right, useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { Restore } from './restore.tsx';
import { RollBack } from './roll-back.tsx';
import type { Product } from './version-facts.tsx';

type Props = { number: number; product: Product };

export function VersionActions({ number, product }: Props) {
  const { t } = useTranslation('versions');
  const { productKey } = product;
  const [open, setOpen] = useState<'restore' | 'rollBack'>();
  const mayPush = useRights()('rollouts:write');
  const close = () => setOpen(undefined);
  // A version below the one that was pushed last is only reached by going back to it.
  const isAhead = number > product.rolledOutVersion;
  return (
    <>
      {mayPush && isAhead && (
        <LinkButton
          isPrimary
          to="/products/$productKey/versions/$number/push"
          params={{ productKey, number: String(number) }}
        >
          {t('push')}
        </LinkButton>
      )}
      <Allowed right="configs:write" reason={t('restoreNotAllowed')}>
        {(isDisabled) => (
          <Button disabled={isDisabled} onClick={() => setOpen('restore')}>
            {t('restore')}
          </Button>
        )}
      </Allowed>
      {!isAhead && number !== product.latestVersion && (
        <Allowed right="rollouts:write" reason={t('rollBackNotAllowed')}>
          {(isDisabled) => (
            <Button danger disabled={isDisabled} onClick={() => setOpen('rollBack')}>
              {t('rollBack')}
            </Button>
          )}
        </Allowed>
      )}
      {open === 'restore' && <Restore productKey={productKey} number={number} onClose={close} />}
      {open === 'rollBack' && <RollBack product={product} number={number} onClose={close} />}
    </>
  );
}

type AllowedProps = { right: Right; reason: string; children: (isDisabled: boolean) => ReactElement };

/** Without the right the button is there, does nothing, and says why. */
function Allowed({ right, reason, children }: AllowedProps) {
  const isAllowed = useRights()(right);
  if (isAllowed) return children(false);
  return <Tooltip title={reason}>{children(true)}</Tooltip>;
}
