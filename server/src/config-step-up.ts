/** The settings of the channels that carry codes for the second factor (R10): their part of the table, and reading it. */
import { readChoice, type Setting, type Values, wrong } from './config-values.ts';
import type { SmsSettings, StepUpSettings } from './stepup/channels.ts';
import type { EmailSettings } from './stepup/email.ts';

export const STEP_UP_SETTINGS = {
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

type StepUpSettingName = keyof typeof STEP_UP_SETTINGS;
type StepUpValues = Values<StepUpSettingName>;

export function readStepUp(values: StepUpValues): StepUpSettings {
  return { sms: readSms(values), email: readEmail(values) };
}

function need(values: StepUpValues, names: readonly StepUpSettingName[], because: string): void {
  const missing = names.filter((name) => values[name] === '');
  if (missing.length > 0) throw wrong(missing.join(', '), `must be set, because ${because}.`);
}

function readSms(values: StepUpValues): SmsSettings | undefined {
  const provider = values.OPENCOTA_SMS_PROVIDER;
  demandNoOtherProvider(values, provider);
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

const SMS_SHARED_SETTINGS: readonly string[] = ['OPENCOTA_SMS_PROVIDER', 'OPENCOTA_SMS_ALLOW_LOCAL'];

/** Half a configured provider would go unnoticed until the first code ends up in the log. */
function demandNoOtherProvider(values: StepUpValues, provider: string): void {
  const own = `OPENCOTA_SMS_${provider.toUpperCase()}_`;
  const stray = Object.entries(values).find(
    ([name, value]) =>
      value !== '' &&
      name.startsWith('OPENCOTA_SMS_') &&
      !SMS_SHARED_SETTINGS.includes(name) &&
      !(provider !== '' && name.startsWith(own)),
  );
  if (stray === undefined) return;
  const [name] = stray;
  const wanted = name.split('_')[2]!.toLowerCase();
  const is = provider === '' ? 'unset' : `"${provider}"`;
  throw wrong(
    name,
    `is set, but OPENCOTA_SMS_PROVIDER is ${is}. Set it to ${wanted}, or leave ${name} unset.`,
  );
}

/** A messaging service has an id of its own shape; anything else is a number or name to send from. */
function twilioSender(from: string): { from: string } | { messagingServiceSid: string } {
  return /^MG[0-9a-f]{32}$/i.test(from) ? { messagingServiceSid: from } : { from };
}

function readEmail(values: StepUpValues): EmailSettings | undefined {
  if (values.OPENCOTA_SMTP_URL === '') {
    if (values.OPENCOTA_SMTP_FROM !== '')
      throw wrong('OPENCOTA_SMTP_FROM', 'is set, but OPENCOTA_SMTP_URL is not. Set both or neither.');
    return undefined;
  }
  need(values, ['OPENCOTA_SMTP_FROM'], 'OPENCOTA_SMTP_URL is set');
  return { provider: 'smtp', url: values.OPENCOTA_SMTP_URL, from: values.OPENCOTA_SMTP_FROM };
}
