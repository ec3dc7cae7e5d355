/** Which entries: by product, person and action. The choice is part of the address. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Input, Select } from 'antd';
import { useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AuditFilter, usersQuery } from '../../api/admin-queries.ts';
import { productsQuery } from '../../api/queries.ts';
import { auditSearch } from '../../search.ts';
import { AUDIT_ACTIONS } from './audit-actions.ts';

type Option = { value: string; label: string };

export function AuditFilters({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation('admin');
  const navigate = useNavigate({ from: '/audit' });
  const change = (part: { [Key in keyof AuditFilter]: string | undefined }) =>
    void navigate({ search: (old) => auditSearch({ ...old, ...part }), replace: true });
  const products = useProductOptions();
  const actors = useActorOptions();
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <search className="admin-filters">
      <FilterBox
        label={t('audit.product')}
        value={filter.productKey}
        options={products}
        isSearch
        onChange={(productKey) => change({ productKey })}
      />
      <FilterBox
        label={t('audit.actor')}
        value={filter.actor}
        options={actors}
        onChange={(actor) => change({ actor })}
      />
      <ActionFilter value={filter.action} onChange={(action) => change({ action })} />
      {isFiltered && (
        <Button onClick={() => void navigate({ search: {}, replace: true })}>{t('audit.clear')}</Button>
      )}
    </search>
  );
}

function useProductOptions(): Option[] {
  const { data } = useInfiniteQuery({ ...productsQuery, refetchInterval: false });
  return useMemo(
    () =>
      (data?.pages ?? []).flatMap(({ items }) =>
        items.map(({ productKey, name }) => ({ value: productKey, label: name })),
      ),
    [data],
  );
}

function useActorOptions(): Option[] {
  const { t } = useTranslation('admin');
  const { data } = useInfiniteQuery(usersQuery);
  const people = (data?.pages ?? []).flatMap(({ items }) =>
    items.map(({ username }) => ({ value: username, label: '' })),
  );
  return [
    ...people,
    { value: 'system', label: t('audit.system') },
    { value: 'anonymous', label: t('audit.anonymous') },
  ];
}

type BoxProps = {
  label: string;
  value: string | undefined;
  options: readonly Option[];
  isSearch?: boolean;
  onChange: (value: string | undefined) => void;
};

/** A field that offers what is known and takes anything: old products and users are still in the log. */
function FilterBox({ label, value = '', options, isSearch = false, onChange }: BoxProps) {
  const id = useId();
  const [typed, setTyped] = useFollowing(value);
  const apply = (wanted: string) => {
    if (wanted.trim() !== value) onChange(wanted.trim() || undefined);
  };
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        list={`${id}-list`}
        allowClear
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
        value={typed}
        {...(isSearch && { 'data-search': true })}
        onChange={({ target, nativeEvent }) => {
          setTyped(target.value);
          if (!isTyping(nativeEvent)) apply(target.value);
        }}
        onPressEnter={() => apply(typed)}
        onBlur={() => apply(typed)}
      />
      <datalist id={`${id}-list`}>
        {options.map((each) => (
          <option key={each.value} value={each.value} label={each.label} />
        ))}
      </datalist>
    </div>
  );
}

/** What is being typed, until the address says something else, as after the back button. */
function useFollowing(value: string) {
  const [typed, setTyped] = useState(value);
  const [last, setLast] = useState(value);
  if (last !== value) {
    setLast(value);
    setTyped(value);
  }
  return [typed, setTyped] as const;
}

/** Letter by letter, rather than taken from the list or cleared by the button. */
function isTyping(event: Event): boolean {
  return event instanceof InputEvent && event.inputType !== 'insertReplacementText';
}

type ActionProps = { value: string | undefined; onChange: (value: string | undefined) => void };

function ActionFilter({ value, onChange }: ActionProps) {
  const { t } = useTranslation('admin');
  const id = useId();
  const known = AUDIT_ACTIONS.map((action) => ({ value: action as string, label: t(`action.${action}`) }));
  const isOther = value !== undefined && !known.some((each) => each.value === value);
  return (
    <div className="filter">
      <label htmlFor={id}>{t('audit.action')}</label>
      <Select
        id={id}
        style={{ width: '100%' }}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        placeholder={t('audit.anyAction')}
        value={value}
        options={isOther ? [{ value, label: value }, ...known] : known}
        onChange={onChange}
      />
    </div>
  );
}
