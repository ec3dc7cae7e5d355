/**
 * E-mail over SMTP.
 *
 * nodemailer is loaded when the first mail goes out: most servers never send one. Each message has a
 * connection of its own; codes are rare, and a kept one would only be found dead when it is needed.
 */
import { type ChannelOptions, type CodeChannel, CodeChannelError, SEND_TIMEOUT_MS } from './channel.ts';
import { startDeadline } from './deadline.ts';
import { bareHost } from './endpoint.ts';
import { mailText } from './messages.ts';
import { systemCode } from './post.ts';

export type EmailSettings = {
  provider: 'smtp';
  /** `smtp[s]://[user:password@]host[:port]`; reserved characters in user and password are percent-encoded. */
  url: string;
  /** The sender, as `no-reply@example.com` or `OpenCOTA <no-reply@example.com>`. */
  from: string;
};

export type SmtpServer = {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps:`). */
  isSecure: boolean;
  /** Whether a server that does not offer STARTTLS is refused. */
  requiresTls: boolean;
  auth: { user: string; pass: string } | undefined;
};

const SMTP_PORT = 587;
const SMTPS_PORT = 465;
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

export function createEmail(settings: EmailSettings, options: ChannelOptions = {}): CodeChannel {
  const { provider, from } = settings;
  const server = parseSmtpUrl(settings.url);
  if (!from.includes('@')) throw new Error('The sender of e-mail is not an e-mail address.');
  const { timeoutMs = SEND_TIMEOUT_MS } = options;
  return {
    kind: 'email',
    provider,
    async send(message, signal) {
      const to = readAddress(message.to, provider);
      using deadline = startDeadline(signal, timeoutMs);
      try {
        const transport = await openTransport(server, timeoutMs);
        await transport.sendMail({
          from,
          to,
          ...mailText(message),
          headers: { 'Auto-Submitted': 'auto-generated' },
          xMailer: false,
          signal: deadline.signal,
        });
      } catch (error) {
        throw asChannelError(error, { provider, timeoutMs, endedBy: deadline.endedBy() });
      }
    },
  };
}

/**
 * Reads the address of the mail server. A password is only ever sent over TLS, except to this machine;
 * without a password TLS is used when the server offers it. Errors never repeat the address.
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.hostname === '') {
    throw new Error(
      'The address of the mail server must have the form smtp://host:port or smtps://host:port.',
    );
  }
  if (url.search !== '' || url.hash !== '' || !['', '/'].includes(url.pathname)) {
    throw new Error('The address of the mail server must end after the port.');
  }
  const host = bareHost(url);
  const isSecure = url.protocol === 'smtps:';
  const auth = readCredentials(url);
  const port = url.port === '' ? (isSecure ? SMTPS_PORT : SMTP_PORT) : Number(url.port);
  return {
    host,
    port,
    isSecure,
    requiresTls: !isSecure && auth !== undefined && !LOOPBACK_HOST.test(host),
    auth,
  };
}

function readCredentials(url: URL): SmtpServer['auth'] {
  if (url.username === '' && url.password === '') return undefined;
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    throw new Error('The user name and password of the mail server are not percent-encoded correctly.');
  }
}

async function openTransport(server: SmtpServer, timeoutMs: number) {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host: server.host,
    port: server.port,
    secure: server.isSecure,
    requireTLS: server.requiresTls,
    ...(server.auth === undefined ? {} : { auth: server.auth }),
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
}

/** Exactly one plain address: no list, no display name, no line break. */
function readAddress(to: string, provider: string): string {
  const address = to.trim();
  if (address.length <= 254 && /^[^\s@,;:<>"()[\]\\]+@[^\s@,;:<>"()[\]\\]+$/.test(address)) return address;
  throw new CodeChannelError({
    provider,
    failure: 'recipient',
    reason: 'the recipient is not an e-mail address',
  });
}

function asChannelError(
  error: unknown,
  context: { provider: string; timeoutMs: number; endedBy: 'timeout' | 'aborted' | undefined },
): CodeChannelError {
  const { provider, timeoutMs, endedBy } = context;
  if (endedBy === 'aborted') {
    return new CodeChannelError({ provider, failure: 'aborted', reason: 'the request was given up' });
  }
  const code = systemCode(error);
  if (endedBy === 'timeout' || code === 'ETIMEDOUT') {
    return new CodeChannelError({ provider, failure: 'timeout', reason: `no answer within ${timeoutMs} ms` });
  }
  const status = responseCode(error);
  return status === undefined
    ? new CodeChannelError({
        provider,
        failure: 'unreachable',
        reason: 'the mail server could not be used',
        providerCode: code,
      })
    : new CodeChannelError({
        provider,
        failure: 'refused',
        reason: 'the mail server refused it',
        providerCode: `SMTP ${status}`,
      });
}

/** The three digits of the server's answer, without its words, which may repeat what was sent. */
function responseCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof code === 'number' && code >= 400 && code <= 599 ? code : undefined;
}
