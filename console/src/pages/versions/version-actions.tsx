/**
 * What can be done with an old version. The two ways back are two buttons: one puts its text into the editor and
 * changes nothing else, the other saves it as a new version and pushes that.
 */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import { ReasonedButton } from '../../ui/reasoned-button.tsx';
import { Restore } from './restore.tsx';
import { RollBack } from './roll-back.tsx';
import type { Product } from './version-facts.tsx';

type Props = { number: number; product: Product };

export function VersionActions({ number, product }: Props) {
  const { t } = useTranslation('versions');
  const { productKey } = product;
  const [open, setOpen] = useState<'restore' | 'rollBack'>();
  const has = useRights();
  const close = () => setOpen(undefined);
  // A version below the one that was pushed last is only reached by going back to it.
  const isAhead = number > product.rolledOutVersion;
  return (
    <>
      {has('rollouts:write') && isAhead && (
        <LinkButton
          isPrimary
          to="/products/$productKey/versions/$number/push"
          params={{ productKey, number: String(number) }}
        >
          {t('push')}
        </LinkButton>
      )}
      <ReasonedButton
        reason={has('configs:write') ? undefined : t('restoreNotAllowed')}
        onClick={() => setOpen('restore')}
      >
        {t('restore')}
      </ReasonedButton>
      {!isAhead && number !== product.latestVersion && (
        <ReasonedButton
          danger
          reason={has('rollouts:write') ? undefined : t('rollBackNotAllowed')}
          onClick={() => setOpen('rollBack')}
        >
          {t('rollBack')}
        </ReasonedButton>
      )}
      {open === 'restore' && <Restore productKey={productKey} number={number} onClose={close} />}
      {open === 'rollBack' && <RollBack product={product} number={number} onClose={close} />}
    </>
  );
}
