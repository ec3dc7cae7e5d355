/** Versions as a table; two of them can be chosen to be compared. */
import type { VersionView } from '@opencota/contract/http/products';
import { Link } from '@tanstack/react-router';
import { Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '../../ui/link-button.tsx';
import { Time } from '../../ui/time.tsx';
import { bytes } from '../../ui/time-text.ts';
import { VersionActions } from './version-actions.tsx';
import { DevicesOn, Digest, OriginWords, type Product, VersionTags } from './version-facts.tsx';

type Props = { versions: readonly VersionView[]; product: Product };

export function VersionList({ versions, product }: Props) {
  const { t } = useTranslation('versions');
  const [chosen, setChosen] = useState<readonly number[]>([]);
  // The third takes the place of the one that was chosen first.
  const choose = (number: number) =>
    setChosen(
      chosen.includes(number) ? chosen.filter((other) => other !== number) : [...chosen, number].slice(-2),
    );
  return (
    <section className="card">
      {versions.length > 1 && <CompareBar chosen={chosen} productKey={product.productKey} />}
      <table className="versions" aria-label={t('listLabel')}>
        <thead>
          <tr>
            <th scope="col">{t('number')}</th>
            <th scope="col">{t('saved')}</th>
            <th scope="col">{t('noteHead')}</th>
            <th scope="col">{t('content')}</th>
            <th scope="col">{t('devices')}</th>
            <th scope="col">{t('actions')}</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <VersionRow
              key={version.number}
              version={version}
              product={product}
              isChosen={chosen.includes(version.number)}
              onChoose={() => choose(version.number)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function CompareBar({ chosen, productKey }: { chosen: readonly number[]; productKey: string }) {
  const { t } = useTranslation('versions');
  const [from, to] = [...chosen].sort((a, b) => a - b);
  return (
    <div className="compare-bar" role="status">
      {from === undefined && <span className="muted">{t('compareHint')}</span>}
      {from !== undefined && to === undefined && (
        <span className="muted">{t('compareOne', { number: from })}</span>
      )}
      {from !== undefined && to !== undefined && (
        <LinkButton to="/products/$productKey/versions/compare" params={{ productKey }} search={{ from, to }}>
          {t('compareButton', { from, to })}
        </LinkButton>
      )}
    </div>
  );
}

type RowProps = { version: VersionView; product: Product; isChosen: boolean; onChoose: () => void };

function VersionRow({ version, product, isChosen, onChoose }: RowProps) {
  const { t, i18n } = useTranslation('versions');
  const { number, createdAt, author, note, sha256, size, origin } = version;
  return (
    <tr>
      <td>
        <div className="version-number">
          <Checkbox checked={isChosen} onChange={onChoose} aria-label={t('pick', { number })} />
          <Link
            to="/products/$productKey/versions/$number"
            params={{ productKey: product.productKey, number: String(number) }}
          >
            v{number}
          </Link>
        </div>
        <VersionTags number={number} product={product} />
      </td>
      <td>
        <Time value={createdAt} />
        <div className="muted">
          {t('byAuthor', { name: author })} · <OriginWords origin={origin} />
        </div>
      </td>
      <td className="version-note">{note === '' ? <span className="muted">{t('noNote')}</span> : note}</td>
      <td>
        <Digest sha256={sha256} />
        <div className="muted numbers">{bytes(size, i18n.language)}</div>
      </td>
      <td className="numbers">
        <DevicesOn number={number} product={product} />
      </td>
      <td>
        <div className="version-actions">
          <VersionActions number={number} product={product} />
        </div>
      </td>
    </tr>
  );
}
