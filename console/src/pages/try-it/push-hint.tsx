/** What to do next: something must be pushed before a device hears of it. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../../api/queries.ts';
import { useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';

export function PushHint({ productKey }: { productKey: string }) {
  const { t } = useTranslation('tryIt');
  const isAllowed = useRights();
  const { data: product } = useQuery(productQuery(productKey));
  const version = product?.latestVersion ?? 0;
  return (
    <section className="card stack" aria-labelledby="push-hint">
      <div>
        <h2 id="push-hint" style={{ margin: '0 0 4px' }}>
          {t('pushIt')}
        </h2>
        <p className="muted flush">{t('pushItText')}</p>
      </div>
      <div className="row">
        {version > 0 && isAllowed('rollouts:write') && (
          <LinkButton
            to="/products/$productKey/versions/$number/push"
            params={{ productKey, number: String(version) }}
          >
            {t('pushVersion', { version })}
          </LinkButton>
        )}
        <LinkButton to="/products/$productKey/config" params={{ productKey }}>
          {t('editConfig')}
        </LinkButton>
      </div>
    </section>
  );
}
