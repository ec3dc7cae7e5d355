/**
 * SMS through Alibaba Cloud: the `SendSms` action of `dysmsapi`, version 2017-05-25.
 *
 * One action needs no vendor library: it is a form of sorted, percent-encoded parameters with an
 * HMAC-SHA1 over them ("RPC" signature, version 1.0). They go in the body, which no proxy writes to its log.
 * The text is the approved template's own, so purpose and language of a message do not appear in it.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { type ChannelOptions, type CodeChannel, type CodeMessage, SEND_TIMEOUT_MS } from './channel.ts';
import { parseEndpoint } from './endpoint.ts';
import { parsePhone } from './phone.ts';
import { post, readJsonObject, refusal } from './post.ts';

export type SmsAliyunSettings = {
  provider: 'aliyun';
  accessKeyId: string;
  accessKeySecret: string;
  /** The approved signature, shown in 【】 before the text. */
  signName: string;
  /** An approved template with the one variable `code`, as `SMS_…`. */
  templateCode: string;
  /** Defaults to the public host of the service. */
  endpoint?: string;
  /** Allows plain http, and an endpoint on this machine or link. */
  allowLocal: boolean;
};

export const ALIYUN_SMS_ENDPOINT = 'https://dysmsapi.aliyuncs.com/';

export function createSmsAliyun(settings: SmsAliyunSettings, options: ChannelOptions = {}): CodeChannel {
  const { provider, allowLocal } = settings;
  const url = parseEndpoint(settings.endpoint ?? ALIYUN_SMS_ENDPOINT, {
    name: 'endpoint of the Aliyun SMS service',
    allowLocal,
  });
  if (url.pathname !== '/' || url.search !== '') {
    throw new Error('The endpoint of the Aliyun SMS service must have neither a path nor a query.');
  }
  const { timeoutMs = SEND_TIMEOUT_MS, now = Date.now } = options;
  return {
    kind: 'sms',
    provider,
    async send(message, signal) {
      const parameters = sendSmsParameters(settings, message, now());
      const signature = signRpcRequest('POST', parameters, settings.accessKeySecret);
      const body = canonicalQuery({ ...parameters, Signature: signature });
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
      const answer = await post({ provider, url, headers, body, allowLocal, timeoutMs, signal });
      // A refusal comes with status 200 as well as with 4xx; only the code in the body tells.
      const code = readJsonObject(answer.body).Code;
      if (code !== 'OK') throw refusal(provider, 'the service refused it', shownCode(code, answer.status));
    },
  };
}

/** The signature of an RPC request, in Base64, over all of its parameters but itself. */
export function signRpcRequest(
  method: 'GET' | 'POST',
  parameters: Readonly<Record<string, string>>,
  accessKeySecret: string,
): string {
  const stringToSign = `${method}&${percentEncode('/')}&${percentEncode(canonicalQuery(parameters))}`;
  return createHmac('sha1', `${accessKeySecret}&`).update(stringToSign, 'utf8').digest('base64');
}

function sendSmsParameters(
  settings: SmsAliyunSettings,
  message: CodeMessage,
  nowMs: number,
): Readonly<Record<string, string>> {
  return {
    AccessKeyId: settings.accessKeyId,
    Action: 'SendSms',
    Format: 'JSON',
    // Numbers abroad are wanted as country code and number without a plus; 86 is understood as well as nothing.
    PhoneNumbers: parsePhone(message.to, settings.provider).digits,
    SignName: settings.signName,
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: randomUUID(),
    SignatureVersion: '1.0',
    TemplateCode: settings.templateCode,
    TemplateParam: JSON.stringify({ code: message.code }),
    // The service wants whole seconds.
    Timestamp: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    Version: '2017-05-25',
  };
}

function canonicalQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Codes are words with dots, as `isv.MOBILE_NUMBER_ILLEGAL`; anything else is not repeated. */
function shownCode(code: unknown, status: number): string {
  return typeof code === 'string' && /^[A-Za-z][A-Za-z_.-]{1,63}$/.test(code) ? code : `HTTP ${status}`;
}
