/** The switch of remote configuration: how it stands, what that means, and the button that turns it. */
import { Link } from '@tanstack/react-router';
import { Button, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRights } from '../../app/rights.ts';
import type { Product } from './fleet-card.tsx';
import { SwitchQuestion } from './switch-question.tsx';

export function SwitchCard({ product }: { product: Product }) {
  const { t } = useTranslation(['product', 'common']);
  const [isAsking, setAsking] = useState(false);
  const { enabled } = product;
  const maySwitch = useRights()('products:switch');
  return (
    <section className="card stack" aria-labelledby="switch-card">
      <div className="spread">
        <h2 id="switch-card" style={{ margin: 0 }}>
          {t('product:switch')}
        </h2>
        <Tag color={enabled ? 'success' : 'default'}>{t(enabled ? 'product:on' : 'product:off')}</Tag>
      </div>
      <p className="muted flush" aria-live="polite">
        {t(enabled ? 'product:onMeans' : 'product:offMeans')}
      </p>
      <PausedBySwitch product={product} />
      <div className="row">
        <Button danger={enabled} disabled={!maySwitch} onClick={() => setAsking(true)}>
          {t(enabled ? 'product:turnOffDots' : 'product:turnOnDots')}
        </Button>
        {!maySwitch && <span className="muted">{t('common:notAllowed')}</span>}
      </div>
      <SwitchQuestion open={isAsking} product={product} onClose={() => setAsking(false)} />
    </section>
  );
}

/** Turning the switch on resumes nothing by itself. */
function PausedBySwitch({ product: { productKey, enabled, latestRollout } }: { product: Product }) {
  const { t } = useTranslation('product');
  if (latestRollout?.pauseReason !== 'switch-off') return null;
  const { id, version } = latestRollout;
  return (
    <p className="flush">
      {t(enabled ? 'stillPaused' : 'pausedBySwitch', { version })}{' '}
      <Link to="/products/$productKey/rollouts/$id" params={{ productKey, id: String(id) }}>
        {t('toRollout')}
      </Link>
    </p>
  );
}
