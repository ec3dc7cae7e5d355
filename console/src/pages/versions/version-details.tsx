import type { VersionView } from '@opencota/contract/http/products';
import { useTranslation } from 'react-i18next';
import { CopyText } from '../../ui/copy-text.tsx';
import { numberFormat } from '../../ui/formats.ts';
import { Time } from '../../ui/time.tsx';
import { absoluteTime } from '../../ui/time-text.ts';
import { DevicesOn, OriginWords, type Product } from './version-facts.tsx';

/** Everything that the server says about a version. */
export function VersionDetails({ version, product }: { version: VersionView; product: Product }) {
  const { t, i18n } = useTranslation('versions');
  const { number, createdAt, author, origin, size, sha256, configId } = version;
  return (
    <section className="card">
      <dl className="facts">
        <dt>{t('createdAt')}</dt>
        <dd>
          <Time value={createdAt} /> <span className="muted">{absoluteTime(createdAt, i18n.language)}</span>
        </dd>
        <dt>{t('author')}</dt>
        <dd>{author}</dd>
        <dt>{t('origin')}</dt>
        <dd>
          <OriginWords origin={origin} />
        </dd>
        <dt>{t('onDevices')}</dt>
        <dd>
          <DevicesOn number={number} product={product} />
        </dd>
        <dt>{t('size')}</dt>
        <dd className="numbers">{numberFormat(i18n.language).format(size)} B</dd>
        <dt>{t('digest')}</dt>
        <dd>
          <CopyText text={sha256} />
        </dd>
        <dt>{t('configId')}</dt>
        <dd>
          <CopyText text={configId} />
        </dd>
      </dl>
    </section>
  );
}
