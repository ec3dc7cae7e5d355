/** The settings of a product as a form has them: limits, defaults, units, and what of them was changed. */
import type { ProductPatch, ProductView } from '@opencota/contract/http/products';

/** The switch is turned on the overview, with a question of its own. */
export type Settings = Required<Omit<ProductPatch, 'enabled'>>;
export type SettingName = keyof Settings;

const NAMES: readonly SettingName[] = [
  'name',
  'coolDownSeconds',
  'doneWhen',
  'requestPolicy',
  'configBytesMax',
  'attemptTimeoutSeconds',
  'deadlineSeconds',
  'registrationAllowed',
  'unknownDevicesAllowed',
  'strongSignRequired',
  'retentionVersions',
];

/** What the API takes; a field that was emptied is NaN and lies in no range. */
export const RANGES = {
  coolDownSeconds: { min: 0, max: 7 * 86_400 },
  attemptTimeoutSeconds: { min: 1, max: 3_600 },
  deadlineSeconds: { min: 1, max: 90 * 86_400 },
  configBytesMax: { min: 1, max: 1_048_576 },
  retentionVersions: { min: 5, max: 1_000_000 },
} as const;
export type NumberName = keyof typeof RANGES;

/** What a new product has. */
export const DEFAULTS = {
  coolDownSeconds: 3_600,
  attemptTimeoutSeconds: 60,
  deadlineSeconds: 7 * 86_400,
  configBytesMax: 64 * 1_024,
} as const;

export function settingsOf(product: ProductView): Settings {
  const { name, coolDownSeconds, doneWhen, requestPolicy, configBytesMax, attemptTimeoutSeconds } = product;
  const { deadlineSeconds, registrationAllowed, unknownDevicesAllowed } = product;
  const { strongSignRequired, retentionVersions } = product;
  return {
    name,
    coolDownSeconds,
    doneWhen,
    requestPolicy,
    configBytesMax,
    attemptTimeoutSeconds,
    deadlineSeconds,
    registrationAllowed,
    unknownDevicesAllowed,
    strongSignRequired,
    retentionVersions,
  };
}

/** Only what differs is written, so that two people who change different things do not undo each other. */
export function changesOf(before: Settings, edits: Partial<Settings>): Partial<Settings> {
  const changed = NAMES.filter((name) => name in edits && !Object.is(edits[name], before[name]));
  return Object.fromEntries(changed.map((name) => [name, edits[name]]));
}

/** The names of fields whose values the server would refuse. */
export function problemsOf(settings: Settings): SettingName[] {
  return NAMES.filter((name) => {
    if (name === 'name') return settings.name.trim() === '';
    if (!isNumberName(name)) return false;
    const value = settings[name];
    return value !== null && !isWithin(value, RANGES[name]);
  });
}

function isNumberName(name: SettingName): name is NumberName {
  return name in RANGES;
}

function isWithin(value: number, { min, max }: { min: number; max: number }): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

export type Unit = { name: 'second' | 'minute' | 'hour' | 'day' | 'byte' | 'kilobyte'; size: number };

export const TIME_UNITS: readonly Unit[] = [
  { name: 'second', size: 1 },
  { name: 'minute', size: 60 },
  { name: 'hour', size: 3_600 },
  { name: 'day', size: 86_400 },
];
export const SIZE_UNITS: readonly Unit[] = [
  { name: 'byte', size: 1 },
  { name: 'kilobyte', size: 1_024 },
];

/** The largest unit in which the quantity is a whole number. */
export function unitFor(quantity: number, units: readonly Unit[]): Unit {
  const whole = units.filter(({ size }) => quantity !== 0 && quantity % size === 0);
  return whole.at(-1) ?? units[quantity === 0 ? Math.min(1, units.length - 1) : 0]!;
}
