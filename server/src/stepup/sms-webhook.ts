/**
 * SMS through a service of the operator's own: one signed POST per message.
 *
 * The signature covers the time and the exact bytes of the body, so that the receiver knows who sent it
 * and can refuse old copies. `verifyWebhookSignature` is the receiver's half.
 */
import { createHmac } from 'node:crypto';
import { type ChannelOptions, type CodeChannel, type CodeMessage, SEND_TIMEOUT_MS } from './channel.ts';
import { codesEqual } from './codes.ts';
import { parseEndpoint } from './endpoint.ts';
import { purposeText, smsText } from './messages.ts';
import { post, refusal } from './post.ts';

export type SmsWebhookSettings = {
  provider: 'webhook';
  url: string;
  /** Shared with the receiver; at least 16 characters. */
  secret: string;
  /** Allows plain http, and an endpoint on this machine or link. */
  allowLocal: boolean;
};

export const WEBHOOK_TIMESTAMP_HEADER = 'OpenCOTA-Timestamp';
export const WEBHOOK_SIGNATURE_HEADER = 'OpenCOTA-Signature';

const SECRET_CHARS_MIN = 16;
const AGE_SECONDS_MAX = 300;

export function createSmsWebhook(settings: SmsWebhookSettings, options: ChannelOptions = {}): CodeChannel {
  const { provider, secret, allowLocal } = settings;
  const url = parseEndpoint(settings.url, { name: 'address of the SMS webhook', allowLocal });
  if (secret.length < SECRET_CHARS_MIN) {
    throw new Error(`The secret of the SMS webhook must have at least ${SECRET_CHARS_MIN} characters.`);
  }
  const { timeoutMs = SEND_TIMEOUT_MS, now = Date.now } = options;
  return {
    kind: 'sms',
    provider,
    async send(message, signal) {
      const sentAtMs = now();
      const timestamp = String(Math.floor(sentAtMs / 1000));
      const body = webhookBody(message, sentAtMs);
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        [WEBHOOK_TIMESTAMP_HEADER]: timestamp,
        [WEBHOOK_SIGNATURE_HEADER]: signWebhook(secret, timestamp, body),
      };
      const answer = await post({ provider, url, headers, body, allowLocal, timeoutMs, signal });
      if (answer.status < 200 || answer.status >= 300) {
        throw refusal(provider, 'the webhook did not accept it', `HTTP ${answer.status}`);
      }
    },
  };
}

/** Whether a received request was signed with `secret`, and not longer ago than five minutes. */
export function verifyWebhookSignature(received: {
  secret: string;
  /** The two headers as they came. */
  timestamp: string | undefined;
  signature: string | undefined;
  /** The body as it came, before any parsing. */
  body: string | Uint8Array;
  nowMs: number;
}): boolean {
  const { secret, timestamp, signature, body, nowMs } = received;
  if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  const ageSeconds = Math.abs(nowMs / 1000 - Number(timestamp));
  return ageSeconds <= AGE_SECONDS_MAX && codesEqual(signature, signWebhook(secret, timestamp, body));
}

function signWebhook(secret: string, timestamp: string, body: string | Uint8Array): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;
}

function webhookBody(message: CodeMessage, sentAtMs: number): string {
  return JSON.stringify({
    to: message.to,
    code: message.code,
    text: smsText(message),
    purpose: purposeText(message.purpose),
    expiresInSeconds: message.expiresInSeconds,
    language: message.language,
    sentAt: new Date(sentAtMs).toISOString(),
  });
}
