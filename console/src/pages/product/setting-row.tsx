/** One setting: its label, its control, what it means, its default, and what is wrong with it. */
import { Checkbox, InputNumber, Radio, Select } from 'antd';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type SettingName, type Unit, unitFor } from './settings-fields.ts';

type RowProps = {
  name: SettingName;
  /** Where the label points; without it the control brings its own. */
  controlId?: string;
  normal?: string;
  problem?: string | undefined;
  children: ReactNode;
};

export function SettingRow({ name, controlId, normal, problem, children }: RowProps) {
  const { t } = useTranslation('product');
  const help = t(`fields.${name}.help`);
  return (
    <div className="setting">
      <div className="setting-label">
        {controlId === undefined ? (
          t(`fields.${name}.label`)
        ) : (
          <label htmlFor={controlId}>{t(`fields.${name}.label`)}</label>
        )}
      </div>
      <div>
        {children}
        <div className="muted setting-help">
          {help} {normal !== undefined && t('defaultIs', { value: normal })}
        </div>
        {problem !== undefined && (
          <div className="setting-problem" role="alert">
            {problem}
          </div>
        )}
      </div>
    </div>
  );
}

type QuantityProps = {
  id: string;
  label: string;
  value: number;
  units: readonly Unit[];
  disabled: boolean;
  isWrong: boolean;
  onChange: (value: number) => void;
};

/** A quantity in the unit that suits it: an hour is not typed as 3600. */
export function QuantityInput({ id, label, value, units, disabled, isWrong, onChange }: QuantityProps) {
  const { t } = useTranslation('product');
  const [unit, setUnit] = useState(() => unitFor(value, units));
  return (
    <div className="row">
      <InputNumber
        id={id}
        disabled={disabled}
        value={Number.isNaN(value) ? null : value / unit.size}
        min={0}
        {...(isWrong && { status: 'error' })}
        style={{ width: 120 }}
        onChange={(count) => onChange(count === null ? Number.NaN : Math.round(Number(count) * unit.size))}
      />
      <Select
        aria-label={t('unitOf', { label })}
        disabled={disabled}
        value={unit.name}
        style={{ width: 110 }}
        options={units.map(({ name }) => ({ value: name, label: t(`units.${name}`) }))}
        onChange={(name) => setUnit(units.find((each) => each.name === name) ?? unit)}
      />
    </div>
  );
}

type ChoiceProps<Value extends string> = {
  label: string;
  value: Value;
  disabled: boolean;
  choices: readonly { value: Value; label: string; help: string }[];
  onChange: (value: Value) => void;
};

export function ChoiceInput<Value extends string>(props: ChoiceProps<Value>) {
  const { label, value, disabled, choices, onChange } = props;
  return (
    <Radio.Group
      aria-label={label}
      disabled={disabled}
      value={value}
      // The values are those of the choices.
      onChange={({ target }) => onChange(target.value as Value)}
      className="setting-choices"
    >
      {choices.map((choice) => (
        <Radio key={choice.value} value={choice.value}>
          {choice.label}
          <span className="muted setting-help"> {choice.help}</span>
        </Radio>
      ))}
    </Radio.Group>
  );
}

type FlagProps = {
  name: 'registrationAllowed' | 'unknownDevicesAllowed' | 'strongSignRequired';
  value: boolean;
  disabled: boolean;
  onChange: (value: boolean) => void;
};

export function FlagInput({ name, value, disabled, onChange }: FlagProps) {
  const { t } = useTranslation('product');
  const id = useId();
  return (
    <div className="setting-flag">
      <Checkbox
        checked={value}
        disabled={disabled}
        aria-describedby={id}
        onChange={({ target }) => onChange(target.checked)}
      >
        {t(`fields.${name}.label`)}
      </Checkbox>
      <div id={id} className="muted setting-help">
        {t(`fields.${name}.help`)}
      </div>
    </div>
  );
}
