/**
 * The port of this folder: how a second-factor code reaches a person.
 *
 * A channel is told what to say and to whom, and says it once. It keeps nothing, retries nothing and
 * knows nothing of challenges, attempts or rates: whoever calls it decides those.
 */

/** What a person has to be told to pass one challenge. */
export type CodeMessage = {
  /** A telephone number, an e-mail address or, for the log, the name of the account. */
  to: string;
  /** Six decimal digits. */
  code: string;
  /** In words, and in the language of the message: what is about to happen, as in "push version 7 of product a1B". */
  purpose: string;
  expiresInSeconds: number;
  language: 'en' | 'zh';
  /** Somebody tries out the channel: the text says so, and that its code opens nothing. */
  isTest?: boolean;
};

/** A way to bring a code to a person. */
export interface CodeChannel {
  readonly kind: 'sms' | 'email' | 'log';
  /** Which service does it, for logs and the audit trail: `webhook`, `aliyun`, `twilio`, `smtp` or `log`. */
  readonly provider: string;
  /**
   * Resolves once the provider has taken the message over, which does not prove that it arrived.
   * Throws `CodeChannelError` and nothing else. After `timeout` or `aborted` the message may still arrive.
   */
  send(message: CodeMessage, signal: AbortSignal): Promise<void>;
}

/**
 * Why a code did not go out.
 * - `recipient`: the address is not one that this provider can reach.
 * - `refused`: the provider answered, and the answer was no.
 * - `unreachable`: no answer could be had.
 * - `timeout`: the time limit of the channel ran out.
 * - `aborted`: the caller's signal ended it.
 */
export type ChannelFailure = 'recipient' | 'refused' | 'unreachable' | 'timeout' | 'aborted';

/**
 * The only error a channel throws. It deliberately carries no `cause`: what providers and libraries
 * report may repeat the code, the recipient or a password, and this error is meant to be logged.
 */
export class CodeChannelError extends Error {
  override readonly name = 'CodeChannelError';
  readonly provider: string;
  readonly failure: ChannelFailure;
  /** The provider's own short code, such as `isv.BUSINESS_LIMIT_CONTROL`, `21211` or `ECONNREFUSED`. */
  readonly providerCode: string | undefined;

  constructor(options: { provider: string; failure: ChannelFailure; reason: string; providerCode?: string }) {
    const suffix = options.providerCode === undefined ? '' : ` (${options.providerCode})`;
    super(`The code could not be sent by ${options.provider}: ${options.reason}${suffix}.`);
    this.provider = options.provider;
    this.failure = options.failure;
    this.providerCode = options.providerCode;
  }
}

/** What every channel that goes over the network may be given besides its settings. */
export type ChannelOptions = {
  /** The limit for the whole exchange, from name lookup to the end of the answer. */
  timeoutMs?: number;
  /** The clock, in milliseconds since the epoch. */
  now?: () => number;
};

/** A person is waiting in front of a form, so a provider that takes longer than this has failed. */
export const SEND_TIMEOUT_MS = 10_000;
