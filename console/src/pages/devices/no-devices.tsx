/** A product without devices: how they come to it. */
import type { ProductView } from '@opencota/contract/http/products';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '../../ui/link-button.tsx';
import { ROWS_MAX } from './device-csv.ts';

type Props = {
  product: Pick<ProductView, 'productKey' | 'registrationAllowed'>;
  /** Missing: this person may not. */
  onAdd: (() => void) | undefined;
};

export function NoDevices({ product: { productKey, registrationAllowed }, onAdd }: Props) {
  const { t } = useTranslation(['devices', 'common']);
  return (
    <section className="stack">
      <div>
        <h2 style={{ marginBottom: 4 }}>{t('devices:empty.title')}</h2>
        <p className="muted" style={{ margin: 0 }}>
          {t('devices:empty.text')}
        </p>
        {onAdd === undefined && <p className="muted">{t('common:notAllowed')}</p>}
      </div>
      <div className="cards ways">
        <section className="card">
          <h3>{t('devices:empty.one')}</h3>
          <p>{t('devices:empty.oneText')}</p>
          {onAdd !== undefined && (
            <Button type="primary" onClick={onAdd}>
              {t('devices:add')}
            </Button>
          )}
        </section>
        <section className="card">
          <h3>{t('devices:empty.many')}</h3>
          <p>{t('devices:empty.manyText', { count: ROWS_MAX })}</p>
          {onAdd !== undefined && (
            <LinkButton to="/products/$productKey/import-devices" params={{ productKey }}>
              {t('devices:import')}
            </LinkButton>
          )}
        </section>
        <section className="card">
          <h3>{t('devices:empty.themselves')}</h3>
          <p>{t('devices:empty.themselvesText')}</p>
          <p>
            {registrationAllowed ? t('devices:empty.registrationOn') : t('devices:empty.registrationOff')}{' '}
            <Link to="/products/$productKey/settings" params={{ productKey }}>
              {t('devices:empty.toSettings')}
            </Link>
          </p>
        </section>
      </div>
    </section>
  );
}
