/** Two versions beside each other: what changed by meaning, and the text. Which two is in the address. */
import { SwapOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import type { compareSearch } from '../../search.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { Comparison } from './comparison.tsx';
import './versions.css';

/** As many as the choice offers; older ones are reached by their number in the address. */
const CHOICE_MAX = 100;

/** Narrower, half of what changed would be out of sight. */
const WIDE = '(min-width: 900px)';

type Search = ReturnType<typeof compareSearch>;

export function ComparePage() {
  const { t } = useTranslation(['versions', 'common']);
  const { productKey } = useParams({ from: '/in/products/$productKey/versions/compare' });
  const { from, to, layout } = useSearch({ from: '/in/products/$productKey/versions/compare' });
  const navigate = useNavigate({ from: '/products/$productKey/versions/compare' });
  const show = (search: Search) => void navigate({ search, replace: true });
  const given: Search = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(layout !== undefined && { layout }),
  };
  const { from: _from, to: _to, ...rest } = given;
  const swapped: Search = {
    ...rest,
    ...(to !== undefined && { from: to }),
    ...(from !== undefined && { to: from }),
  };
  return (
    <>
      <div className="crumbs">
        <Link to="/products/$productKey/versions" params={{ productKey }}>
          {t('versions:back')}
        </Link>
      </div>
      <PageHeader title={t('versions:compareTitle')} />
      <div className="stack">
        <div className="compare-pick">
          <VersionPick
            label={t('versions:compareFrom')}
            productKey={productKey}
            value={from}
            onPick={(number) => show({ ...given, from: number })}
          />
          <Button
            aria-label={t('versions:swap')}
            title={t('versions:swap')}
            icon={<SwapOutlined aria-hidden />}
            onClick={() => show(swapped)}
          />
          <VersionPick
            label={t('versions:compareTo')}
            productKey={productKey}
            value={to}
            onPick={(number) => show({ ...given, to: number })}
          />
        </div>
        {from === undefined || to === undefined ? (
          <p className="muted">{t('versions:chooseTwo')}</p>
        ) : (
          <Comparison
            productKey={productKey}
            from={from}
            to={to}
            layout={layout ?? (matchMedia(WIDE).matches ? 'split' : 'unified')}
            onLayout={(chosen) => show({ ...given, layout: chosen })}
          />
        )}
      </div>
    </>
  );
}

type PickProps = {
  label: string;
  productKey: string;
  value: number | undefined;
  onPick: (number: number) => void;
};

function VersionPick({ label, productKey, value, onPick }: PickProps) {
  const { t } = useTranslation();
  const id = useId();
  const { data } = useQuery({
    queryKey: ['product', productKey, 'versions', 'choice'],
    queryFn: () => api.versions.list(productKey, { limit: CHOICE_MAX }),
  });
  const listed = (data?.items ?? []).map(({ number, note }) => ({ number, note }));
  const missing = value !== undefined && !listed.some(({ number }) => number === value);
  const options = [...listed, ...(missing ? [{ number: value, note: '' }] : [])].map(({ number, note }) => ({
    value: number,
    label: note === '' ? t('version', { number }) : `${t('version', { number })} · ${note}`,
  }));
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <Select
        id={id}
        style={{ width: 'min(300px, 78vw)' }}
        {...(value !== undefined && { value })}
        options={options}
        onChange={(number: number) => onPick(number)}
      />
    </div>
  );
}
