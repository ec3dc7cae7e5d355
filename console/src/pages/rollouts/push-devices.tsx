/** Which devices a push goes to, and what they run today. */
import type { ProductDetail } from '@opencota/contract/http/products';
import type { PreviewView } from '@opencota/contract/http/rollouts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { numberFormat } from '../../ui/formats.ts';
import { devicesByVersion } from './push-gates.ts';

export type Product = Static<typeof ProductDetail>;
export type Devices = Static<typeof PreviewView>['devices'];

type Props = { product: Product; version: number; devices: Devices };

export function PushDevices({ product, version, devices }: Props) {
  const { t, i18n } = useTranslation('rollouts');
  const number = numberFormat(i18n.language);
  const { total, online, offline, alreadyOnVersion } = devices;
  const facts = [
    ['online', online],
    ['offline', offline],
    ['already', alreadyOnVersion],
  ] as const;
  return (
    <section className="card stack" aria-labelledby="push-devices">
      <h2 id="push-devices" style={{ margin: 0 }}>
        {t('push.devices', { count: total, devices: number.format(total) })}
      </h2>
      {total === 0 && <p style={{ margin: 0 }}>{t('push.noDevices')}</p>}
      {total > 0 && (
        <dl className="push-counts">
          {facts.map(([name, count]) => (
            <div key={name}>
              <dt>{t(`push.${name}`)}</dt>
              <dd>
                <b className="numbers">{number.format(count)}</b>
                {count > 0 && <span className="muted">{t(`push.${name}Means`)}</span>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <RunningVersions product={product} version={version} />
    </section>
  );
}

/** Devices may run anything that was ever pushed or requested: each can be compared. */
function RunningVersions({ product, version }: { product: Product; version: number }) {
  const { t, i18n } = useTranslation(['rollouts', 'common']);
  const number = numberFormat(i18n.language);
  const { productKey } = product;
  const running = devicesByVersion(product);
  if (running.length === 0) return null;
  return (
    <div>
      <div className="muted">{t('rollouts:push.nowRunning')}</div>
      <ul className="running-versions">
        {running.map(({ version: from, deviceCount }) => (
          <li key={from}>
            <span>{from === 0 ? t('common:versionNone') : t('common:version', { number: from })}</span>
            <b className="numbers">
              {t('rollouts:push.deviceCount', { count: deviceCount, devices: number.format(deviceCount) })}
            </b>
            {from !== 0 && from !== version && (
              <Link
                to="/products/$productKey/versions/compare"
                params={{ productKey }}
                search={{ from, to: version }}
              >
                {t('rollouts:push.compare', { from, to: version })}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
