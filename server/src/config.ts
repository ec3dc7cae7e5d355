/**
 * Every setting: name, default, meaning. The table parses, documents (`opencota settings`,
 * docs/settings.md) and prints them, secrets masked. Unknown or contradictory settings stop the start.
 */
import { readFileSync } from 'node:fs';
import { DomainError } from './domain/errors.ts';
import type { SmsSettings, StepUpSettings } from './stepup/channels.ts';
import type { EmailSettings } from './stepup/email.ts';

type Setting = { default: string; meaning: string; isSecret?: true };

export const SETTINGS = {
  OPENCOTA_DATA_DIR: { default: './data', meaning: 'Directory of the embedded database and the key file.' },
  OPENCOTA_HOST: { default: '0.0.0.0', meaning: 'Address on which HTTP and MQTT listen.' },
  OPENCOTA_HTTP_PORT: {
    default: '8080',
    meaning: 'Port of the API, the console, downloads and MQTT over WebSocket (/mqtt). 0: any free one.',
  },
  OPENCOTA_MQTT_PORT: { default: '1883', meaning: 'Port of MQTT over TCP. 0: any free one; off: none.' },
  OPENCOTA_MQTTS_PORT: { default: '8883', meaning: 'Port of MQTT over TLS; used when a certificate is set.' },
  OPENCOTA_TLS_CERT: { default: '', meaning: 'Path of a PEM certificate chain for MQTT over TLS.' },
  OPENCOTA_TLS_KEY: { default: '', meaning: 'Path of the PEM key of that certificate.' },
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
  OPENCOTA_LOG_LEVEL: { default: 'info', meaning: 'trace, debug, info, warn, error.' },
  OPENCOTA_SMS_PROVIDER: {
    default: '',
    meaning: 'webhook, aliyun or twilio. Unset: step-up codes are printed in the log.',
  },
  OPENCOTA_SMS_ALLOW_LOCAL: {
    default: 'no',
    meaning: 'yes: the SMS endpoint may be plain http or on this machine. For tests and local gateways.',
  },
  OPENCOTA_SMS_WEBHOOK_URL: { default: '', meaning: 'Address that gets codes as signed JSON.' },
  OPENCOTA_SMS_WEBHOOK_SECRET: { default: '', meaning: 'Key of the signature on that JSON.', isSecret: true },
  OPENCOTA_SMS_ALIYUN_ACCESS_KEY_ID: { default: '', meaning: 'Aliyun SMS: access key id.' },
  OPENCOTA_SMS_ALIYUN_ACCESS_KEY_SECRET: {
    default: '',
    meaning: 'Aliyun SMS: access key secret.',
    isSecret: true,
  },
  OPENCOTA_SMS_ALIYUN_SIGN_NAME: { default: '', meaning: 'Aliyun SMS: sign name (短信签名).' },
  OPENCOTA_SMS_ALIYUN_TEMPLATE_CODE: { default: '', meaning: 'Aliyun SMS: template with the variable code.' },
  OPENCOTA_SMS_ALIYUN_ENDPOINT: { default: '', meaning: 'Aliyun SMS: another endpoint than the public one.' },
  OPENCOTA_SMS_TWILIO_ACCOUNT_SID: { default: '', meaning: 'Twilio: account SID.' },
  OPENCOTA_SMS_TWILIO_AUTH_TOKEN: { default: '', meaning: 'Twilio: auth token.', isSecret: true },
  OPENCOTA_SMS_TWILIO_FROM: {
    default: '',
    meaning: 'Twilio: sender number, or a messaging service SID (MG…).',
  },
  OPENCOTA_SMS_TWILIO_ENDPOINT: { default: '', meaning: 'Twilio: another endpoint than the public one.' },
  OPENCOTA_SMTP_URL: {
    default: '',
    meaning: 'Mail server for step-up codes: smtp[s]://user:password@host:port.',
    isSecret: true,
  },
  OPENCOTA_SMTP_FROM: { default: '', meaning: 'Sender address of those mails.' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
type Values = Readonly<Record<SettingName, string>>;

export type Config = {
  dataDir: string;
  host: string;
  httpPort: number;
  /** Null: no plain MQTT. */
  mqttPort: number | null;
  tls: { port: number; certPath: string; keyPath: string } | null;
  publicUrl: string | null;
  secretKey: string | null;
  trustedNetworks: string[];
  trustedProxies: string[];
  metricsToken: string | null;
  keepAliveSecondsMin: number;
  logLevel: string;
  stepUp: StepUpSettings;
};

/** Reads the settings from an environment. Throws `DomainError` naming the setting and what to write. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const values = readValues(environment);
  if (values.OPENCOTA_DATABASE_URL !== '')
    throw wrong(
      'OPENCOTA_DATABASE_URL',
      'is set, but this version has only the embedded SQLite. Leave it unset.',
    );
  const port = (name: SettingName) => readInteger(values, name, 0, 65_535);
  return {
    dataDir: values.OPENCOTA_DATA_DIR,
    host: values.OPENCOTA_HOST,
    httpPort: port('OPENCOTA_HTTP_PORT'),
    mqttPort: values.OPENCOTA_MQTT_PORT === 'off' ? null : port('OPENCOTA_MQTT_PORT'),
    tls: readTls(values, port('OPENCOTA_MQTTS_PORT')),
    publicUrl: readPublicUrl(values.OPENCOTA_PUBLIC_URL),
    secretKey: values.OPENCOTA_SECRET_KEY || null,
    trustedNetworks: readList(values.OPENCOTA_TRUSTED_NETWORKS),
    trustedProxies: readList(values.OPENCOTA_TRUSTED_PROXIES),
    metricsToken: values.OPENCOTA_METRICS_TOKEN || null,
    keepAliveSecondsMin: readInteger(values, 'OPENCOTA_KEEP_ALIVE_MIN', 1, 1200),
    logLevel: readChoice(values, 'OPENCOTA_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error']),
    stepUp: { sms: readSms(values), email: readEmail(values) },
  };
}

/** Name, value and meaning of every setting, secrets masked. */
export function describeSettings(
  environment: Readonly<Record<string, string | undefined>>,
): { name: string; value: string; default: string; meaning: string }[] {
  const values = readValues(environment);
  // Object.keys of a literal gives its keys.
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const setting: Setting = SETTINGS[name];
    const value = setting.isSecret && values[name] !== '' ? '********' : values[name];
    return { name, value, default: setting.default, meaning: setting.meaning };
  });
}

const FILE_SUFFIX = '_FILE';

function readValues(environment: Readonly<Record<string, string | undefined>>): Values {
  const values: Record<string, string> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) values[name] = setting.default;
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('OPENCOTA_') || value === undefined) continue;
    const base = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
    if (!Object.hasOwn(SETTINGS, base))
      throw wrong(name, `is not a setting. ${suggest(base)}See docs/settings.md.`);
    if (base !== name && environment[base] !== undefined)
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
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new DomainError('unavailable', `${name}: the file ${path} cannot be read.`, {}, cause);
  }
}

function wrong(name: string, what: string): DomainError {
  return new DomainError('unavailable', `${name} ${what}`);
}

function readInteger(values: Values, name: SettingName, min: number, max: number): number {
  const value = Number(values[name]);
  if (values[name].trim() === '' || !Number.isInteger(value) || value < min || value > max) {
    throw wrong(name, `is "${values[name]}", but must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

function readChoice(values: Values, name: SettingName, choices: readonly string[]): string {
  if (!choices.includes(values[name]))
    throw wrong(name, `is "${values[name]}", but must be one of ${choices.join(', ')}.`);
  return values[name];
}

function readList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Room for `/d/` and a token within the 254 characters that devices can hold. */
const PUBLIC_URL_CHARS_MAX = 180;

function readPublicUrl(text: string): string | null {
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw wrong(
      'OPENCOTA_PUBLIC_URL',
      `is "${text}", but must be an http(s) address without query, such as http://cota.example.com.`,
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
  return certPath === '' ? null : { port, certPath, keyPath };
}

function need(values: Values, names: readonly SettingName[], because: string): void {
  const missing = names.filter((name) => values[name] === '');
  if (missing.length > 0) throw wrong(missing.join(', '), `must be set, because ${because}.`);
}

function readSms(values: Values): SmsSettings | undefined {
  const provider = values.OPENCOTA_SMS_PROVIDER;
  const allowLocal = readChoice(values, 'OPENCOTA_SMS_ALLOW_LOCAL', ['yes', 'no']) === 'yes';
  switch (provider) {
    case '':
      return undefined;
    case 'webhook':
      need(
        values,
        ['OPENCOTA_SMS_WEBHOOK_URL', 'OPENCOTA_SMS_WEBHOOK_SECRET'],
        'the SMS provider is webhook',
      );
      return {
        provider,
        allowLocal,
        url: values.OPENCOTA_SMS_WEBHOOK_URL,
        secret: values.OPENCOTA_SMS_WEBHOOK_SECRET,
      };
    case 'aliyun':
      need(
        values,
        [
          'OPENCOTA_SMS_ALIYUN_ACCESS_KEY_ID',
          'OPENCOTA_SMS_ALIYUN_ACCESS_KEY_SECRET',
          'OPENCOTA_SMS_ALIYUN_SIGN_NAME',
          'OPENCOTA_SMS_ALIYUN_TEMPLATE_CODE',
        ],
        'the SMS provider is aliyun',
      );
      return {
        provider,
        allowLocal,
        accessKeyId: values.OPENCOTA_SMS_ALIYUN_ACCESS_KEY_ID,
        accessKeySecret: values.OPENCOTA_SMS_ALIYUN_ACCESS_KEY_SECRET,
        signName: values.OPENCOTA_SMS_ALIYUN_SIGN_NAME,
        templateCode: values.OPENCOTA_SMS_ALIYUN_TEMPLATE_CODE,
        ...(values.OPENCOTA_SMS_ALIYUN_ENDPOINT && { endpoint: values.OPENCOTA_SMS_ALIYUN_ENDPOINT }),
      };
    case 'twilio':
      need(
        values,
        ['OPENCOTA_SMS_TWILIO_ACCOUNT_SID', 'OPENCOTA_SMS_TWILIO_AUTH_TOKEN', 'OPENCOTA_SMS_TWILIO_FROM'],
        'the SMS provider is twilio',
      );
      return {
        provider,
        allowLocal,
        accountSid: values.OPENCOTA_SMS_TWILIO_ACCOUNT_SID,
        authToken: values.OPENCOTA_SMS_TWILIO_AUTH_TOKEN,
        sender: twilioSender(values.OPENCOTA_SMS_TWILIO_FROM),
        ...(values.OPENCOTA_SMS_TWILIO_ENDPOINT && { baseUrl: values.OPENCOTA_SMS_TWILIO_ENDPOINT }),
      };
    default:
      throw wrong('OPENCOTA_SMS_PROVIDER', `is "${provider}", but must be webhook, aliyun or twilio.`);
  }
}

/** A messaging service has an id of its own shape; anything else is a number or name to send from. */
function twilioSender(from: string): { from: string } | { messagingServiceSid: string } {
  return /^MG[0-9a-f]{32}$/i.test(from) ? { messagingServiceSid: from } : { from };
}

function readEmail(values: Values): EmailSettings | undefined {
  if (values.OPENCOTA_SMTP_URL === '') return undefined;
  need(values, ['OPENCOTA_SMTP_FROM'], 'OPENCOTA_SMTP_URL is set');
  return { provider: 'smtp', url: values.OPENCOTA_SMTP_URL, from: values.OPENCOTA_SMTP_FROM };
}
