/**
 * Every setting: name, default, meaning. The table parses, documents (`opencota settings`,
 * docs/settings.md) and prints them, secrets masked. Unknown or contradictory settings stop the start.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { readStepUp, STEP_UP_SETTINGS } from './config-step-up.ts';
import { readChoice, readInteger, type Setting, wrong } from './config-values.ts';
import { DomainError } from './domain/errors.ts';
import type { SettingInForce } from './service/server-info.ts';
import type { StepUpSettings } from './stepup/channels.ts';

export const SETTINGS = {
  OPENCOTA_DATA_DIR: { default: './data', meaning: 'Directory of the embedded database and the key file.' },
  OPENCOTA_HOST: { default: '0.0.0.0', meaning: 'Address on which HTTP and MQTT listen.' },
  OPENCOTA_HTTP_PORT: {
    default: '8080',
    meaning: 'Port of the API, downloads and MQTT over WebSocket (/mqtt). 0: any free one.',
  },
  OPENCOTA_MQTT_PORT: { default: '1883', meaning: 'Port of MQTT over TCP. 0: any free one; off: none.' },
  OPENCOTA_MQTTS_PORT: { default: '8883', meaning: 'Port of MQTT over TLS; used when a certificate is set.' },
  OPENCOTA_TLS_CERT: { default: '', meaning: 'Path of a PEM certificate chain for MQTT over TLS.' },
  OPENCOTA_TLS_KEY: { default: '', meaning: 'Path of the PEM key of that certificate.' },
  OPENCOTA_TLS_PSK: {
    default: 'off',
    meaning:
      'on: devices may also connect to that port with a key made from their secret instead of checking the certificate (TLS 1.2 PSK, as the C Link SDK does). Link SDKs know only a suite without forward secrecy.',
  },
  OPENCOTA_PLAIN_REGISTRATION: {
    default: 'allow',
    meaning:
      'refuse: no device gets its secret over a connection that is not encrypted, be it MQTT, WebSocket, HTTP or its gateway. allow: fielded devices that register over TCP still can.',
  },
  OPENCOTA_PUBLIC_URL: {
    default: '',
    meaning:
      'Address under which devices download, such as http://cota.example.com. Without an explicit port: some Link SDKs cannot read one. Unset: http://127.0.0.1 and the HTTP port, which only devices on this machine reach.',
  },
  OPENCOTA_DATABASE_URL: {
    default: '',
    meaning: 'Unset: embedded SQLite. This version knows no other database.',
  },
  OPENCOTA_SECRET_KEY: {
    default: '',
    meaning:
      'Key that encrypts secrets in the store: 64 hex digits or base64 of 32 bytes. Unset: made and kept in the data directory.',
    isSecret: true,
  },
  OPENCOTA_TRUSTED_NETWORKS: {
    default: '',
    meaning: 'Networks (CIDR, comma-separated) from which a push needs no second factor.',
  },
  OPENCOTA_TRUSTED_PROXIES: {
    default: '',
    meaning: 'Addresses or networks of reverse proxies whose X-Forwarded-For is believed.',
  },
  OPENCOTA_METRICS_TOKEN: {
    default: '',
    meaning: 'Bearer token for /metrics. Unset: only this machine may read it.',
    isSecret: true,
  },
  OPENCOTA_KEEP_ALIVE_MIN: {
    default: '30',
    meaning: 'Shortest MQTT keep-alive that is accepted, seconds. Alink: 30.',
  },
  OPENCOTA_LOG_LEVEL: {
    default: 'info',
    meaning:
      'trace, debug, info, warn, error. The one-time password and step-up codes are printed at every level.',
  },
  ...STEP_UP_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
type Values = Readonly<Record<SettingName, string>>;

export type Config = {
  dataDir: string;
  host: string;
  httpPort: number;
  /** Null: no plain MQTT. */
  mqttPort: number | null;
  tls: { port: number; certPath: string; keyPath: string; isPskOn: boolean } | null;
  isPlainRegistrationAllowed: boolean;
  publicUrl: string | null;
  secretKey: string | null;
  trustedNetworks: string[];
  trustedProxies: string[];
  metricsToken: string | null;
  keepAliveSecondsMin: number;
  logLevel: string;
  stepUp: StepUpSettings;
  /** The whole table as it is in force, to be shown. */
  settings: readonly SettingInForce[];
};

/** Reads the settings from an environment. Throws `DomainError` naming the setting and what to write. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values = readValues(environment);
  if (values.OPENCOTA_DATABASE_URL !== '')
    throw wrong(
      'OPENCOTA_DATABASE_URL',
      'is set, but this version has only the embedded SQLite. Leave it unset.',
    );
  return {
    dataDir: values.OPENCOTA_DATA_DIR,
    host: values.OPENCOTA_HOST,
    ...readPorts(values),
    isPlainRegistrationAllowed:
      readChoice(values, 'OPENCOTA_PLAIN_REGISTRATION', ['allow', 'refuse']) === 'allow',
    publicUrl: readPublicUrl(values.OPENCOTA_PUBLIC_URL),
    secretKey: values.OPENCOTA_SECRET_KEY || null,
    trustedNetworks: readNetworks(values, 'OPENCOTA_TRUSTED_NETWORKS'),
    trustedProxies: readNetworks(values, 'OPENCOTA_TRUSTED_PROXIES'),
    metricsToken: values.OPENCOTA_METRICS_TOKEN || null,
    keepAliveSecondsMin: readInteger(values, 'OPENCOTA_KEEP_ALIVE_MIN', 1, 1200),
    logLevel: readChoice(values, 'OPENCOTA_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error']),
    stepUp: readStepUp(values),
    settings: describe(values),
  };
}

/** Name, value and meaning of every setting, secrets masked. */
export function describeSettings(
  environment: Readonly<Record<string, string | undefined>>,
): SettingInForce[] {
  return describe(readValues(environment));
}

function describe(values: Values): SettingInForce[] {
  // Object.keys of a literal gives its keys.
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const setting: Setting = SETTINGS[name];
    const value = setting.isSecret && values[name] !== '' ? '********' : values[name];
    return { name, value, default: setting.default, meaning: setting.meaning };
  });
}

const FILE_SUFFIX = '_FILE';
/** The command line's own, which a shell may have set for it. */
const NAMES_OF_THE_COMMAND_LINE = new Set(['OPENCOTA_URL', 'OPENCOTA_TOKEN']);

function readValues(environment: Readonly<Record<string, string | undefined>>): Values {
  const values: Record<string, string> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) values[name] = setting.default;
  for (const [name, value] of Object.entries(environment)) {
    // Empty is unset: compose files and units pass on what nobody set as nothing.
    if (!name.startsWith('OPENCOTA_') || value === undefined || value === '') continue;
    if (NAMES_OF_THE_COMMAND_LINE.has(name)) continue;
    const base = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
    if (!Object.hasOwn(SETTINGS, base))
      throw wrong(name, `is not a setting. ${suggest(base)}See docs/settings.md.`);
    if (base !== name && (environment[base] ?? '') !== '')
      throw wrong(name, `and ${base} are both set. Set one of them.`);
    values[base] = base === name ? value : readSecretFile(name, value);
  }
  // Every name of the table was filled above.
  return values as Values;
}

function suggest(name: string): string {
  const words = new Set(name.split('_'));
  const score = (known: string) => known.split('_').filter((word) => words.has(word)).length;
  const best = Object.keys(SETTINGS).toSorted((a, b) => score(b) - score(a))[0];
  return best !== undefined && score(best) > 1 ? `Did you mean ${best}? ` : '';
}

function readSecretFile(name: string, path: string): string {
  const text = readFile(name, path).trim();
  if (text === '') throw wrong(name, `names the file ${path}, which is empty.`);
  return text;
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DomainError('unavailable', `${name}: the file ${path} cannot be read.`, {}, cause);
  }
}

/** Addresses and networks, separated by commas. */
function readNetworks(values: Values, name: SettingName): string[] {
  const networks = values[name]
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const bad = networks.find((network) => !isNetwork(network));
  if (bad !== undefined)
    throw wrong(name, `has "${bad}", which is neither an address nor a network such as 10.0.0.0/8.`);
  return networks;
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return !text.includes('/') || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}

function readPorts(values: Values): Pick<Config, 'httpPort' | 'mqttPort' | 'tls'> {
  const port = (name: SettingName) => readInteger(values, name, 0, 65_535);
  const httpPort = port('OPENCOTA_HTTP_PORT');
  const mqttPort = values.OPENCOTA_MQTT_PORT === 'off' ? null : port('OPENCOTA_MQTT_PORT');
  const tls = readTls(values, port('OPENCOTA_MQTTS_PORT'));
  const wanted = [httpPort, mqttPort, tls?.port].filter((each) => typeof each === 'number' && each > 0);
  const twice = wanted.find((each, index) => wanted.indexOf(each) < index);
  if (twice !== undefined)
    throw wrong(
      'OPENCOTA_HTTP_PORT, OPENCOTA_MQTT_PORT and OPENCOTA_MQTTS_PORT',
      `must differ: ${twice} is given twice.`,
    );
  return { httpPort, mqttPort, tls };
}

/** Room for `/d/` and a token within the 254 characters that devices can hold. */
const PUBLIC_URL_CHARS_MAX = 180;

/** The C SDKs know no escapes: nothing that JSON or their finder would trip over (`alink.md` 2.2). */
const PUBLIC_URL_PATTERN = /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~%/-]*)?$/i;

function readPublicUrl(text: string): string | null {
  if (text === '') return null;
  if (!URL.canParse(text) || !PUBLIC_URL_PATTERN.test(text)) {
    throw wrong(
      'OPENCOTA_PUBLIC_URL',
      `is "${text}", but must be an http(s) address without user or query, such as http://cota.example.com.`,
    );
  }
  if (text.length > PUBLIC_URL_CHARS_MAX)
    throw wrong(
      'OPENCOTA_PUBLIC_URL',
      `is longer than ${PUBLIC_URL_CHARS_MAX} characters; a link must stay within 254.`,
    );
  return text.replace(/\/+$/, '');
}

function readTls(values: Values, port: number): Config['tls'] {
  const certPath = values.OPENCOTA_TLS_CERT;
  const keyPath = values.OPENCOTA_TLS_KEY;
  if ((certPath === '') !== (keyPath === ''))
    throw wrong('OPENCOTA_TLS_CERT', 'and OPENCOTA_TLS_KEY go together: set both or neither.');
  const isPskOn = readChoice(values, 'OPENCOTA_TLS_PSK', ['on', 'off']) === 'on';
  if (isPskOn && certPath === '')
    throw wrong(
      'OPENCOTA_TLS_PSK',
      'is on, but MQTT over TLS is off. Set OPENCOTA_TLS_CERT and OPENCOTA_TLS_KEY.',
    );
  return certPath === '' ? null : { port, certPath, keyPath, isPskOn };
}
