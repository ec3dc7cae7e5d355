/** What a version is, in small pieces that the list and its own page share. */
import type { ProductDetail, VersionView } from '@opencota/contract/http/products';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { CopyText } from '../../ui/copy-text.tsx';
import { numberFormat } from '../../ui/formats.ts';

export type Product = Static<typeof ProductDetail>;
const DIGEST_CHARS = 12;

export function VersionTags({ number, product }: { number: number; product: Product }) {
  const { t } = useTranslation('versions');
  return (
    <>
      {number === product.rolledOutVersion && (
        <Tooltip title={t('rolledOutHelp')}>
          <Tag color="success">{t('rolledOut')}</Tag>
        </Tooltip>
      )}
      {number === product.latestVersion && (
        <Tooltip title={t('latestHelp')}>
          <Tag color="processing">{t('latest')}</Tag>
        </Tooltip>
      )}
    </>
  );
}

export function OriginWords({ origin }: Pick<VersionView, 'origin'>) {
  const { t } = useTranslation('versions');
  return origin.kind === 'editor' ? t('fromEditor') : t('fromRollback', { number: origin.fromVersion });
}

/** Short to read, whole to copy. */
export function Digest({ sha256 }: Pick<VersionView, 'sha256'>) {
  return (
    <span title={sha256}>
      <CopyText text={sha256} shownAs={sha256.slice(0, DIGEST_CHARS)} />
    </span>
  );
}

/** How many devices last downloaded it. */
export function DevicesOn({ number, product }: { number: number; product: Product }) {
  const { t, i18n } = useTranslation('versions');
  const count = product.usage.find(({ version }) => version === number)?.deviceCount ?? 0;
  if (count === 0) return <span className="muted">{t('devicesNone')}</span>;
  return t('devicesRun', { count, shown: numberFormat(i18n.language).format(count) });
}
