/** Which versions the fleet runs, as a picture with its numbers, and how far saving and pushing are. */
import type { ProductDetail } from '@opencota/contract/http/products';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { versionQuery } from '../../api/queries.ts';
import { numberFormat } from '../../ui/formats.ts';
import { Bar } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { type UsagePart, usageColour, usageParts } from './version-usage.ts';

export type Product = Static<typeof ProductDetail>;

export function FleetCard({ product }: { product: Product }) {
  const { t, i18n } = useTranslation('product');
  const { deviceCount, onlineCount, latestVersion, rolledOutVersion } = product;
  const number = numberFormat(i18n.language);
  return (
    <section className="card stack" aria-labelledby="fleet-card">
      <h2 id="fleet-card" style={{ margin: 0 }}>
        {t('fleetRuns')}
      </h2>
      <div className="figures">
        <Figure label={t('devicesOnline')}>
          {number.format(onlineCount)} <small>/ {number.format(deviceCount)}</small>
        </Figure>
        <Figure label={t('latestSaved')}>
          <VersionFigure product={product} version={latestVersion} none={t('nothingSaved')} />
        </Figure>
        <Figure label={t('latestPushed')}>
          <VersionFigure product={product} version={rolledOutVersion} none={t('nothingPushed')} />
        </Figure>
      </div>
      {deviceCount === 0 ? <p className="muted flush">{t('noDevices')}</p> : <Usage product={product} />}
    </section>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <dl>
      <dt>{label}</dt>
      <dd className="numbers">{children}</dd>
    </dl>
  );
}

function VersionFigure({ product, version, none }: { product: Product; version: number; none: string }) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...versionQuery(product.productKey, version), enabled: version > 0 });
  if (version === 0) return <span className="figure-none">{none}</span>;
  const params = { productKey: product.productKey, number: String(version) };
  return (
    <>
      <Link to="/products/$productKey/versions/$number" params={params}>
        {t('versionShort', { number: version })}
      </Link>{' '}
      {data !== undefined && (
        <small>
          <Time value={data.createdAt} /> · {data.author}
        </small>
      )}
    </>
  );
}

function Usage({ product }: { product: Product }) {
  const { t } = useTranslation('product');
  const segments = usageParts(product).map((part, index) => ({
    key: part.kind === 'version' ? String(part.version) : part.kind,
    label: labelOf(part, t),
    count: part.count,
    colour: usageColour(part, index),
  }));
  return (
    <div>
      <Bar segments={segments} label={t('fleetRuns')} />
      <p className="muted flush usage-note">{t('usageNote')}</p>
    </div>
  );
}

function labelOf(part: UsagePart, t: ReturnType<typeof useTranslation<'product'>>['t']): string {
  if (part.kind === 'none') return t('usageNone');
  if (part.kind === 'older') return t('usageOlder');
  if (part.kind === 'olderOrNone') return t('usageOlderOrNone');
  const { version, isNewest, isPushed } = part;
  if (isNewest) return t('usageNewest', { number: version });
  return isPushed ? t('usagePushed', { number: version }) : t('usageVersion', { number: version });
}
