/** The settings of a product, group by group. */
import { Checkbox, Input, InputNumber } from 'antd';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { bytes, duration } from '../../ui/time-text.ts';
import { ChoiceInput, FlagInput, QuantityInput, SettingRow } from './setting-row.tsx';
import {
  DEFAULTS,
  type NumberName,
  problemsOf,
  RANGES,
  type Settings,
  SIZE_UNITS,
  TIME_UNITS,
} from './settings-fields.ts';

export type GroupProps = {
  settings: Settings;
  disabled: boolean;
  onChange: (change: Partial<Settings>) => void;
};

export function SettingsGroups(props: GroupProps) {
  return (
    <>
      <Group name="general">
        <NameRow {...props} />
      </Group>
      <Group name="pushing">
        <QuantityRow {...props} name="coolDownSeconds" />
        <DoneWhenRow {...props} />
        <QuantityRow {...props} name="attemptTimeoutSeconds" />
        <QuantityRow {...props} name="deadlineSeconds" />
      </Group>
      <Group name="configs">
        <RequestPolicyRow {...props} />
        <QuantityRow {...props} name="configBytesMax" />
        <RetentionRow {...props} />
      </Group>
      <Group name="signIn">
        <SignInFlags {...props} />
      </Group>
    </>
  );
}

function Group({
  name,
  children,
}: {
  name: 'general' | 'pushing' | 'configs' | 'signIn';
  children: ReactNode;
}) {
  const { t } = useTranslation('product');
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <h2 id={id}>{t(`groups.${name}`)}</h2>
      {children}
    </section>
  );
}

function NameRow({ settings, disabled, onChange }: GroupProps) {
  const { t } = useTranslation('product');
  const id = useId();
  const isWrong = problemsOf(settings).includes('name');
  return (
    <SettingRow name="name" controlId={id} problem={isWrong ? t('nameNeeded') : undefined}>
      <Input
        id={id}
        value={settings.name}
        maxLength={100}
        disabled={disabled}
        {...(isWrong && { status: 'error' })}
        style={{ maxWidth: 360 }}
        onChange={({ target }) => onChange({ name: target.value })}
      />
    </SettingRow>
  );
}

function useQuantityText(name: NumberName): (value: number) => string {
  const { i18n } = useTranslation();
  if (name === 'configBytesMax') return (value) => bytes(value, i18n.language);
  return (value) => duration(value, i18n.language);
}

type QuantityName = Exclude<NumberName, 'retentionVersions'>;

function QuantityRow({ settings, disabled, onChange, name }: GroupProps & { name: QuantityName }) {
  const { t } = useTranslation('product');
  const id = useId();
  const text = useQuantityText(name);
  const { min, max } = RANGES[name];
  const isWrong = problemsOf(settings).includes(name);
  const range = t('outOfRange', { min: text(min), max: text(max) });
  return (
    <SettingRow
      name={name}
      controlId={id}
      normal={text(DEFAULTS[name])}
      problem={isWrong ? range : undefined}
    >
      <QuantityInput
        id={id}
        label={t(`fields.${name}.label`)}
        value={settings[name]}
        units={name === 'configBytesMax' ? SIZE_UNITS : TIME_UNITS}
        disabled={disabled}
        isWrong={isWrong}
        onChange={(value) => onChange({ [name]: value })}
      />
    </SettingRow>
  );
}

function DoneWhenRow({ settings, disabled, onChange }: GroupProps) {
  const { t } = useTranslation('product');
  return (
    <SettingRow name="doneWhen" normal={t('doneDownloaded')}>
      <ChoiceInput
        label={t('fields.doneWhen.label')}
        value={settings.doneWhen}
        disabled={disabled}
        choices={[
          { value: 'downloaded', label: t('doneDownloaded'), help: t('doneDownloadedHelp') },
          { value: 'applied', label: t('doneApplied'), help: t('doneAppliedHelp') },
        ]}
        onChange={(doneWhen) => onChange({ doneWhen })}
      />
    </SettingRow>
  );
}

function RequestPolicyRow({ settings, disabled, onChange }: GroupProps) {
  const { t } = useTranslation('product');
  return (
    <SettingRow name="requestPolicy" normal={t('requestSaved')}>
      <ChoiceInput
        label={t('fields.requestPolicy.label')}
        value={settings.requestPolicy}
        disabled={disabled}
        choices={[
          { value: 'saved', label: t('requestSaved'), help: t('requestSavedHelp') },
          { value: 'rolledOut', label: t('requestRolledOut'), help: t('requestRolledOutHelp') },
        ]}
        onChange={(requestPolicy) => onChange({ requestPolicy })}
      />
    </SettingRow>
  );
}

function RetentionRow({ settings: { retentionVersions: kept }, disabled, onChange }: GroupProps) {
  const { t, i18n } = useTranslation('product');
  const number = numberFormat(i18n.language);
  const { min, max } = RANGES.retentionVersions;
  const isWrong = kept !== null && !(kept >= min && kept <= max);
  const range = t('outOfRange', { min: number.format(min), max: number.format(max) });
  return (
    <SettingRow name="retentionVersions" normal={t('keepAll')} problem={isWrong ? range : undefined}>
      <div className="row">
        <Checkbox
          checked={kept === null}
          disabled={disabled}
          onChange={({ target }) => onChange({ retentionVersions: target.checked ? null : 50 })}
        >
          {t('keepAll')}
        </Checkbox>
        {kept !== null && (
          <InputNumber
            aria-label={t('fields.retentionVersions.label')}
            value={Number.isNaN(kept) ? null : kept}
            precision={0}
            disabled={disabled}
            {...(isWrong && { status: 'error' })}
            onChange={(count) => onChange({ retentionVersions: count ?? Number.NaN })}
          />
        )}
      </div>
    </SettingRow>
  );
}

function SignInFlags({ settings, disabled, onChange }: GroupProps) {
  const { registrationAllowed, unknownDevicesAllowed, strongSignRequired } = settings;
  return (
    <>
      <FlagInput
        name="registrationAllowed"
        value={registrationAllowed}
        disabled={disabled}
        onChange={(value) => onChange({ registrationAllowed: value })}
      />
      <FlagInput
        name="unknownDevicesAllowed"
        value={unknownDevicesAllowed}
        disabled={disabled || !registrationAllowed}
        onChange={(value) => onChange({ unknownDevicesAllowed: value })}
      />
      <FlagInput
        name="strongSignRequired"
        value={strongSignRequired}
        disabled={disabled}
        onChange={(value) => onChange({ strongSignRequired: value })}
      />
    </>
  );
}
