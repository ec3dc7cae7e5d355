/** What narrows the list. Each filter stands in the address, and below as a chip that takes it away. */
import { CloseOutlined, SearchOutlined } from '@ant-design/icons';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Input, Select } from 'antd';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DELIVERY_STATES } from '../../ui/delivery-states.ts';
import { type FilterName, filtersOf, withFilters, withoutFilters } from './device-filter.ts';

/** A person who types is not asked about after each letter. */
const TYPING_MS = 300;
const FROM = '/in/products/$productKey/devices';
/** All states without scrolling. */
const LIST_PX = 400;
const BOTH = ['true', 'false'] as const;

type Usage = readonly { version: number; deviceCount: number }[];

export function DeviceFilters({ product: { usage } }: { product: { usage: Usage } }) {
  const { t } = useTranslation(['devices', 'states']);
  const search = useSearch({ from: FROM });
  const { filter } = useFilter();
  const versions = [...usage].sort((a, b) => b.version - a.version);
  const versionName = useVersionName();
  return (
    <section className="stack device-filters" aria-label={t('devices:filters')}>
      <div className="device-filter-fields">
        <TypedFilter
          name="search"
          isSearch
          placeholder={t('devices:searchPlaceholder')}
          prefix={<SearchOutlined aria-hidden />}
        />
        <Choice
          label={t('devices:filter.version')}
          value={search.version}
          options={versions.map(({ version, deviceCount }) => ({
            value: version,
            label: t('devices:versionCount', { version: versionName(version), count: deviceCount }),
          }))}
          onChange={(version) => filter({ version })}
        />
        <Choice
          label={t('devices:filter.state')}
          value={search.state}
          options={DELIVERY_STATES.map((state) => ({ value: state, label: t(`states:delivery.${state}`) }))}
          onChange={(state) => filter({ state })}
        />
        <Choice
          label={t('devices:filter.online')}
          value={search.online}
          options={BOTH.map((value) => ({
            value,
            label: t(value === 'true' ? 'online' : 'offline', { ns: 'common' }),
          }))}
          onChange={(online) => filter({ online })}
        />
        <Choice
          label={t('devices:filter.enabled')}
          value={search.enabled}
          options={BOTH.map((value) => ({
            value,
            label: value === 'true' ? t('devices:enabled') : t('devices:disabled'),
          }))}
          onChange={(enabled) => filter({ enabled })}
        />
        <TypedFilter name="tag" placeholder={t('devices:filter.tag')} />
      </div>
      <Chips />
    </section>
  );
}

function useFilter() {
  const navigate = useNavigate({ from: '/products/$productKey/devices' });
  return {
    filter: (change: Parameters<typeof withFilters>[1], isTyping = false) =>
      // Whatever else was chosen while a person typed stays.
      void navigate({ search: (now) => withFilters(now, change), replace: isTyping }),
    clear: () => void navigate({ search: withoutFilters }),
  };
}

function useVersionName(): (version: number) => string {
  const { t } = useTranslation('devices');
  return (version) =>
    version === 0 ? t('noVersionYet') : t('versionShort', { ns: 'common', number: version });
}

type ChoiceProps<Value> = {
  label: string;
  value: Value | undefined;
  options: { value: Value; label: string }[];
  onChange: (value: Value | undefined) => void;
};

function Choice<Value extends string | number>({ label, value, options, onChange }: ChoiceProps<Value>) {
  return (
    <Select<Value>
      allowClear
      aria-label={label}
      placeholder={label}
      popupMatchSelectWidth={false}
      listHeight={LIST_PX}
      // The addresses of old links may name what is not on offer any more.
      value={options.some((option) => option.value === value) ? (value ?? null) : null}
      options={options}
      onChange={(chosen: Value | undefined) => onChange(chosen)}
    />
  );
}

type TypedProps = {
  name: 'search' | 'tag';
  placeholder: string;
  prefix?: ReactNode;
  isSearch?: boolean;
};

/** Follows the typing a little later, and the address at once. */
function TypedFilter({ name, placeholder, prefix, isSearch = false }: TypedProps) {
  const { t } = useTranslation('devices');
  const { [name]: given = '' } = useSearch({ from: FROM });
  const { filter } = useFilter();
  const [typed, setTyped] = useState(given);
  useEffect(() => setTyped(given), [given]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the wait.
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === given) return;
    const timer = setTimeout(() => filter({ [name]: wanted === '' ? undefined : wanted }, true), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Input
      {...(isSearch && { 'data-search': true })}
      prefix={prefix}
      aria-label={t(`filter.${name}`)}
      placeholder={placeholder}
      maxLength={64}
      spellCheck={false}
      autoCapitalize="none"
      value={typed}
      onChange={({ target }) => setTyped(target.value)}
    />
  );
}

function Chips() {
  const { t } = useTranslation('devices');
  const id = useId();
  const search = useSearch({ from: FROM });
  const { filter, clear } = useFilter();
  const sayValue = useFilterValue();
  const set = filtersOf(search);
  if (set.length === 0) return null;
  return (
    <ul className="chips" aria-label={t('filters')}>
      {set.map((name) => (
        <li key={name} className="chip">
          <span id={`${id}${name}`}>
            {t(`filter.${name}`)}: <b>{sayValue(name)}</b>
          </span>
          <button
            type="button"
            aria-label={t('removeFilter', { filter: `${t(`filter.${name}`)}: ${sayValue(name)}` })}
            onClick={() => filter({ [name]: undefined })}
          >
            <CloseOutlined aria-hidden />
          </button>
        </li>
      ))}
      <li>
        <Button type="link" size="small" onClick={clear}>
          {t('clearFilters')}
        </Button>
      </li>
    </ul>
  );
}

function useFilterValue(): (name: FilterName) => string {
  const { t } = useTranslation(['devices', 'common', 'states']);
  const search = useSearch({ from: FROM });
  const versionName = useVersionName();
  return (name) => {
    const { version, state, online, enabled } = search;
    switch (name) {
      case 'version':
        return versionName(version ?? 0);
      case 'state':
        return state === undefined ? '' : t(`states:delivery.${state}`);
      case 'online':
        return online === 'true' ? t('common:online') : t('common:offline');
      case 'enabled':
        return enabled === 'true' ? t('devices:enabled') : t('devices:disabled');
      default:
        return search[name] ?? '';
    }
  };
}
