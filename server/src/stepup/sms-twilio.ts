/** SMS through Twilio: one POST to its Messages resource, from a number or a messaging service. */
import {
  type ChannelOptions,
  type CodeChannel,
  CodeChannelError,
  type CodeMessage,
  SEND_TIMEOUT_MS,
} from './channel.ts';
import { parseEndpoint } from './endpoint.ts';
import { smsText } from './messages.ts';
import { parsePhone } from './phone.ts';
import { post, readJsonObject, refusal } from './post.ts';

export type SmsTwilioSettings = {
  provider: 'twilio';
  accountSid: string;
  authToken: string;
  sender: { from: string } | { messagingServiceSid: string };
  /** Defaults to the public host of the service. */
  baseUrl?: string;
  /** Allows plain http, and an endpoint on this machine or link. */
  allowLocal: boolean;
};

export const TWILIO_BASE_URL = 'https://api.twilio.com/';

export function createSmsTwilio(settings: SmsTwilioSettings, options: ChannelOptions = {}): CodeChannel {
  const { provider, accountSid, authToken, allowLocal } = settings;
  const baseUrl = parseEndpoint(settings.baseUrl ?? TWILIO_BASE_URL, {
    name: 'address of Twilio',
    allowLocal,
  });
  const url = new URL(`/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`, baseUrl);
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`, 'utf8').toString('base64')}`,
  };
  const { timeoutMs = SEND_TIMEOUT_MS } = options;
  return {
    kind: 'sms',
    provider,
    async send(message, signal) {
      const body = messageForm(settings, message).toString();
      const answer = await post({ provider, url, headers, body, allowLocal, timeoutMs, signal });
      if (answer.status < 200 || answer.status >= 300) {
        throw refusal(provider, 'the service refused it', shownCode(answer));
      }
    },
  };
}

function messageForm(settings: SmsTwilioSettings, message: CodeMessage): URLSearchParams {
  const { digits, isInternational } = parsePhone(message.to, settings.provider);
  if (!isInternational) {
    throw new CodeChannelError({
      provider: settings.provider,
      failure: 'recipient',
      reason: 'the telephone number needs a country code, as in +86',
    });
  }
  const sender =
    'from' in settings.sender
      ? { From: settings.sender.from }
      : { MessagingServiceSid: settings.sender.messagingServiceSid };
  return new URLSearchParams({ To: `+${digits}`, ...sender, Body: smsText(message) });
}

/** Twilio's codes are numbers of at most five digits; its messages repeat the recipient and are left out. */
function shownCode(answer: { status: number; body: string }): string {
  const code = readJsonObject(answer.body).code;
  const isKnownForm = typeof code === 'number' && Number.isInteger(code) && code > 0 && code < 100_000;
  return isKnownForm ? String(code) : `HTTP ${answer.status}`;
}
