/** One product on the fleet page. */
import { WarningOutlined } from '@ant-design/icons';
import type { ProductView } from '@opencota/contract/http/products';
import { Link } from '@tanstack/react-router';
import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { percent, RolloutTag } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { needsAttention } from './attention.ts';

export function ProductRow({ product }: { product: ProductView }) {
  const { t, i18n } = useTranslation('fleet');
  const { productKey, name, enabled, deviceCount, onlineCount } = product;
  const number = numberFormat(i18n.language);
  return (
    <li className="card product-row">
      <div>
        <Link to="/products/$productKey" params={{ productKey }} className="product-name">
          <bdi>{name}</bdi>
        </Link>
        <div className="muted mono">{productKey}</div>
        {needsAttention(product) && (
          <Tag color="warning" icon={<WarningOutlined aria-hidden />}>
            {t('attention')}
          </Tag>
        )}
      </div>
      <dl>
        <dt>{t('remoteConfig')}</dt>
        <dd>
          <Tag color={enabled ? 'success' : 'default'}>{enabled ? t('on') : t('off')}</Tag>
        </dd>
      </dl>
      <dl>
        <dt>{t('current')}</dt>
        <dd>
          <CurrentVersion product={product} />
        </dd>
      </dl>
      <dl>
        <dt>{t('devicesOnline')}</dt>
        <dd className="numbers">
          {number.format(onlineCount)} <span className="muted">/ {number.format(deviceCount)}</span>
        </dd>
      </dl>
      <dl>
        <dt>{t('rollout')}</dt>
        <dd>
          <LatestRollout product={product} />
        </dd>
      </dl>
    </li>
  );
}

function CurrentVersion({ product }: { product: ProductView }) {
  const { t, i18n } = useTranslation('fleet');
  const { latestVersion, rolledOutVersion, onRolledOutVersion, deviceCount } = product;
  if (latestVersion === 0) return <span className="muted">{t('notSaved')}</span>;
  const number = numberFormat(i18n.language);
  const share = t('onVersion', { count: onRolledOutVersion, total: number.format(deviceCount) });
  return (
    <>
      {rolledOutVersion === 0 ? (
        <span className="muted">{t('notPushed')}</span>
      ) : (
        <>
          <b>v{rolledOutVersion}</b>{' '}
          <span className="muted numbers" title={share}>
            {percent(onRolledOutVersion, deviceCount, i18n.language)}
          </span>
          <div className="share" role="img" aria-label={share}>
            <span style={{ width: `${deviceCount === 0 ? 0 : (100 * onRolledOutVersion) / deviceCount}%` }} />
          </div>
        </>
      )}
      {latestVersion > rolledOutVersion && (
        <div className="muted">{t('savedNewer', { number: latestVersion })}</div>
      )}
    </>
  );
}

function LatestRollout({ product: { productKey, latestRollout } }: { product: ProductView }) {
  const { t } = useTranslation('fleet');
  if (latestRollout === null) return <span className="muted">{t('noRollout')}</span>;
  const { id, version, failed, open, createdAt } = latestRollout;
  return (
    <>
      <div className="row" style={{ gap: 4 }}>
        <Link to="/products/$productKey/rollouts/$id" params={{ productKey, id: String(id) }}>
          v{version}
        </Link>
        <RolloutTag {...latestRollout} />
        <span className="muted">
          <Time value={createdAt} />
        </span>
      </div>
      <div className="row" style={{ gap: 12 }}>
        {failed > 0 && <span className="bad">{t('failedDevices', { count: failed })}</span>}
        {open > 0 && <span className="muted">{t('openDeliveries', { count: open })}</span>}
      </div>
    </>
  );
}
