/**
 * The application's handler, and the promise that it is never at work twice at once.
 *
 * A call has `applyTimeoutMs`. Then its `signal` is aborted, and it has `applyGraceMs` to end, because
 * nobody but the handler can stop what it does. A call that is still at work after that is stuck: its
 * result no longer counts, and the handler is not called again until that call has settled, however
 * long it takes. To call it all the same could leave two configurations half-applied over each other.
 */
import { within } from './clock.ts';
import { type Config, type KeptConfig, toConfig } from './config.ts';
import { messageOf } from './events.ts';
import type { Settings } from './options.ts';

/** Why the handler is called. */
export type ApplyReason =
  /** At start, with the configuration kept on disk. */
  | 'stored'
  /** With a configuration that has just come. */
  | 'new'
  /** With the last good configuration, because an earlier call failed or was stuck. */
  | 'revert';

export type ApplyContext = {
  reason: ApplyReason;
  /**
   * Aborted when the handler has taken longer than `applyTimeoutMs`, or `close` has given up waiting
   * for it: its result no longer counts. The handler then has to end soon, best by rejecting. Until it
   * does it is not called again, so the device applies nothing and cannot go back either.
   */
  signal: AbortSignal;
};

/**
 * Applies a configuration. To throw, or to reject, is to refuse it. It has to obey `signal`, and must
 * not leave work behind that goes on after it has returned or its promise has settled.
 */
export type ConfigHandler = (config: Config, context: ApplyContext) => void | Promise<void>;

/** How a call ended. */
export type CallEnd =
  | { kind: 'taken' }
  | { kind: 'failed'; message: string }
  /** It has not ended. Nothing may be called before `freed` has resolved. */
  | { kind: 'stuck'; message: string };

export class HandlerCalls {
  readonly #settings: Settings;
  readonly #handler: ConfigHandler;
  /** The call at work, stuck or not: settles, without an error, when it does. */
  #atWork: Promise<void> | undefined;
  /** The same from the moment the call was given up until someone has waited for it. */
  #stuck: Promise<void> | undefined;
  #giveUp: (() => void) | undefined;
  #isStopped = false;

  constructor(settings: Settings, handler: ConfigHandler) {
    this.#settings = settings;
    this.#handler = handler;
  }

  get isStuck(): boolean {
    return this.#stuck !== undefined;
  }

  /** After `stop`, no call counts and none begins. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  async call(config: KeptConfig, reason: ApplyReason): Promise<CallEnd> {
    if (this.#isStopped) return { kind: 'failed', message: 'the device was closed' };
    if (this.#atWork !== undefined || this.isStuck) throw new Error('the handler is still at work');
    const { clock, applyTimeoutMs, applyGraceMs } = this.#settings;
    const abort = new AbortController();
    const givenUp = Promise.withResolvers<'timeout'>();
    this.#giveUp = () => givenUp.resolve('timeout');
    const work = this.#begin(config, { reason, signal: abort.signal });
    const settled = work.then(() => {
      this.#atWork = undefined;
    });
    this.#atWork = settled;
    const inTime = Promise.race([work, givenUp.promise]);
    const end = await within(clock, applyTimeoutMs, 'apply-timeout', inTime);
    if (end !== 'timeout') return end;
    abort.abort();
    const message = `the handler took longer than ${applyTimeoutMs} ms`;
    const inGrace = Promise.race([settled, givenUp.promise]);
    const isOver = (await within(clock, applyGraceMs, 'apply-grace', inGrace)) !== 'timeout';
    if (isOver) return { kind: 'failed', message };
    this.#stuck = settled;
    if (this.#isStopped)
      return { kind: 'stuck', message: 'the device was closed while the handler was at work' };
    const { version, sha256 } = config;
    this.#settings.voice.event({ type: 'handler-stuck', reason, version, sha256 });
    return { kind: 'stuck', message: `${message} and was still at work ${applyGraceMs} ms later` };
  }

  /** Resolves when the stuck call has settled: perhaps never. At once when none is stuck. */
  async freed(): Promise<void> {
    if (this.#stuck === undefined) return;
    await this.#stuck;
    this.#stuck = undefined;
    if (!this.#isStopped) this.#settings.voice.event({ type: 'handler-freed' });
  }

  /** Gives up the call at work, if there is one, and lets no other begin. */
  stop(): void {
    this.#isStopped = true;
    this.#giveUp?.();
  }

  /** Never rejects. */
  async #begin(config: KeptConfig, context: ApplyContext): Promise<CallEnd> {
    try {
      await this.#handler(toConfig(config), context);
      return { kind: 'taken' };
    } catch (error) {
      return { kind: 'failed', message: messageOf(error) || 'the handler failed' };
    }
  }
}
