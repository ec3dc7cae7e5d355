/** The one thing to do next, with its button; for somebody who may not do it, who it waits for. */
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useRights } from '../../app/rights.ts';
import { LinkButton } from '../../ui/link-button.tsx';
import type { Product } from './fleet-card.tsx';
import { type NextStep, nextStep, RIGHT_OF } from './next-step.ts';
import { SwitchQuestion } from './switch-question.tsx';

export function NextStepCard({ product }: { product: Product }) {
  const { t } = useTranslation('product');
  const isAllowed = useRights();
  const step = nextStep(product, useHasDraft(product));
  const values = { ...step, word: product.productKey };
  return (
    <section className="card next-step" aria-label={t('nextStep')}>
      <div>
        <h2>{t(`next.${step.kind}.title`, values)}</h2>
        <p className="muted flush">{t(`next.${step.kind}.text`, values)}</p>
        {!isAllowed(RIGHT_OF[step.kind]) && <p className="flush">{t('nextWaits')}</p>}
      </div>
      {isAllowed(RIGHT_OF[step.kind]) && (
        <StepButton step={step} product={product}>
          {t(`next.${step.kind}.action`, values)}
        </StepButton>
      )}
    </section>
  );
}

/** Once a version exists the draft decides nothing here. */
function useHasDraft({ productKey, latestVersion }: Product): boolean {
  const { data = false } = useQuery({
    queryKey: ['product', productKey, 'has-draft'],
    queryFn: async () => (await api.drafts.get(productKey)).content.length > 0,
    enabled: latestVersion === 0,
  });
  return data;
}

type StepProps = { step: NextStep; product: Product; children: ReactNode };

function StepButton({ step, product, children }: StepProps) {
  const { productKey } = product;
  const params = { productKey };
  switch (step.kind) {
    case 'switchOn':
      return <SwitchOnButton product={product}>{children}</SwitchOnButton>;
    case 'addDevice':
      return (
        <LinkButton isPrimary to="/products/$productKey/devices" params={params}>
          {children}
        </LinkButton>
      );
    case 'push':
      return (
        <LinkButton
          isPrimary
          to="/products/$productKey/versions/$number/push"
          params={{ productKey, number: String(step.version) }}
        >
          {children}
        </LinkButton>
      );
    case 'watch':
    case 'resume':
    case 'failures':
      return (
        <LinkButton
          isPrimary
          to="/products/$productKey/rollouts/$id"
          params={{ productKey, id: String(step.rolloutId) }}
        >
          {children}
        </LinkButton>
      );
    default:
      return (
        <LinkButton isPrimary={step.kind !== 'edit'} to="/products/$productKey/config" params={params}>
          {children}
        </LinkButton>
      );
  }
}

function SwitchOnButton({ product, children }: { product: Product; children: ReactNode }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button type="primary" size="large" onClick={() => setAsking(true)}>
        {children}
      </Button>
      <SwitchQuestion open={isAsking} product={product} onClose={() => setAsking(false)} />
    </>
  );
}
