/**
 * From settings to channels: which of them a server has.
 *
 * The log is always there, because a server without a provider must still be usable; whether a code may
 * go to it when another channel exists is for the caller to decide.
 */
import type { CodeChannel } from './channel.ts';
import { createEmail, type EmailSettings } from './email.ts';
import { createLogChannel } from './log.ts';
import { createSmsAliyun, type SmsAliyunSettings } from './sms-aliyun.ts';
import { createSmsTwilio, type SmsTwilioSettings } from './sms-twilio.ts';
import { createSmsWebhook, type SmsWebhookSettings } from './sms-webhook.ts';

export { maskAddress } from './mask-address.ts';

export type SmsSettings = SmsWebhookSettings | SmsAliyunSettings | SmsTwilioSettings;

export type StepUpSettings = {
  sms: SmsSettings | undefined;
  email: EmailSettings | undefined;
};

export type CodeChannels = {
  sms?: CodeChannel;
  email?: CodeChannel;
  log: CodeChannel;
};

/** Opens no connection. Throws an `Error` fit for the operator, without secrets, on settings that cannot work. */
export function createChannels(settings: StepUpSettings, writeLog: (line: string) => unknown): CodeChannels {
  return {
    ...(settings.sms === undefined ? {} : { sms: createSms(settings.sms) }),
    ...(settings.email === undefined ? {} : { email: createEmail(settings.email) }),
    log: createLogChannel(writeLog),
  };
}

function createSms(settings: SmsSettings): CodeChannel {
  switch (settings.provider) {
    case 'webhook':
      return createSmsWebhook(settings);
    case 'aliyun':
      return createSmsAliyun(settings);
    case 'twilio':
      return createSmsTwilio(settings);
    default:
      return settings satisfies never;
  }
}
