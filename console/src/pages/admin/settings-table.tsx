/** The settings in force. They are read at the start: here they are shown, not changed. */
import { SearchOutlined } from '@ant-design/icons';
import type { ServerView } from '@opencota/contract/http/server';
import { Checkbox, Empty, Input, Tag } from 'antd';
import { useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

type Setting = NonNullable<ServerView['settings']>[number];

export function SettingsTable({ settings }: { settings: readonly Setting[] }) {
  const { t } = useTranslation('admin');
  const title = useId();
  const [search, setSearch] = useState('');
  const [isSetOnly, setSetOnly] = useState(false);
  const wordsOf = useMeaning();
  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return settings.filter(
      (setting) =>
        (!isSetOnly || isChanged(setting)) &&
        `${setting.name} ${setting.value} ${wordsOf(setting)}`.toLowerCase().includes(wanted),
    );
  }, [settings, search, isSetOnly, wordsOf]);
  return (
    <section className="card stack" aria-labelledby={title}>
      <div>
        <h2 id={title} style={{ marginBottom: 4 }}>
          {t('setting.title')}
        </h2>
        <p className="muted" style={{ margin: 0 }}>
          {t('setting.about')} <code className="mono">docs/settings.md</code>
        </p>
      </div>
      <div className="row">
        <Input
          data-search
          allowClear
          prefix={<SearchOutlined aria-hidden />}
          aria-label={t('setting.search')}
          placeholder={`${t('setting.search')} ( / )`}
          style={{ maxWidth: 320 }}
          onChange={({ target }) => setSearch(target.value)}
        />
        <Checkbox checked={isSetOnly} onChange={({ target }) => setSetOnly(target.checked)}>
          {t('setting.changedOnly')}
        </Checkbox>
      </div>
      {shown.length === 0 ? (
        <Empty description={t('noResults', { ns: 'common' })} />
      ) : (
        <table className="admin-table settings-table" aria-labelledby={title}>
          <thead>
            <tr>
              <th scope="col">{t('setting.name')}</th>
              <th scope="col">{t('setting.value')}</th>
              <th scope="col">{t('setting.default')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((setting) => (
              <SettingRow key={setting.name} setting={setting} meaning={wordsOf(setting)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function SettingRow({ setting, meaning }: { setting: Setting; meaning: string }) {
  const { t } = useTranslation('admin');
  const { name, value, default: usual } = setting;
  const unset = <span className="muted">{t('setting.unset')}</span>;
  return (
    <tr>
      <th scope="row">
        <code className="mono">{name}</code>
        <div className="setting-meaning">{meaning}</div>
      </th>
      <td data-label={t('setting.value')}>
        <span>
          {value === '' ? unset : <code className="mono">{value}</code>}{' '}
          {isChanged(setting) && <Tag color="blue">{t('setting.changed')}</Tag>}
        </span>
      </td>
      <td data-label={t('setting.default')}>
        {usual === '' ? unset : <code className="mono">{usual}</code>}
      </td>
    </tr>
  );
}

function isChanged({ value, default: usual }: Setting): boolean {
  return value !== usual;
}

/** The server tells meanings in English; other languages have words of their own. */
function useMeaning(): (setting: Setting) => string {
  const { t } = useTranslation('admin');
  return useMemo(
    () =>
      ({ name, meaning }: Setting) =>
        // Which settings there are, the server knows.
        t(`settingMeaning.${name}` as 'setting.name', { defaultValue: meaning }),
    [t],
  );
}
