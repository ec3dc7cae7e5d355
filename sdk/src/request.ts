/**
 * Asks for the configuration (`thing/config/get`): once after every connect, and for a fresh link.
 *
 * At most one request is under way. It is repeated until something useful comes: an offer, or the
 * answer that there is nothing to have (no configuration saved, or the switch is off), after which
 * the device keeps what it has until the next connect or push. The waits double up to a limit and
 * go on at that pace for as long as the session lasts: a server that has been ill for a day finds
 * its devices still asking, slowly. A `get` goes out with QoS 0, because its reply is its receipt.
 */
import { backOffMs, type Cancel } from './clock.ts';
import type { Session } from './connect.ts';
import type { Settings } from './options.ts';
import { encodeGet, SERVER_CODE } from './protocol.ts';

/** A server that says "later" is believed up to an hour. */
const RETRY_AFTER_SECONDS_MAX = 3600;
/** The ids of requests are numbers 0..4294967295 written as text. */
const ID_MAX = 4_294_967_295;

export type Refusal = { id: string; code: number; message: string; retryAfterSeconds: number | undefined };

export class Requester {
  readonly #settings: Settings;
  readonly #topic: string;
  readonly #runningVersion: () => number;
  /** A request came to nothing, at least for now. */
  readonly #onFruitless: () => void;
  #session: Session | undefined;
  /** Set exactly while a request is under way: before it is sent, waiting for its reply, or before it is repeated. */
  #cancelTimer: Cancel | undefined;
  #awaitedId: string | undefined;
  #failures = 0;
  #lastId = 0;

  constructor(
    settings: Settings,
    request: { topic: string; runningVersion: () => number; onFruitless: () => void },
  ) {
    this.#settings = settings;
    this.#topic = request.topic;
    this.#runningVersion = request.runningVersion;
    this.#onFruitless = request.onFruitless;
  }

  /** A session has begun. A device that has nothing yet asks at once; the others spread their requests. */
  up(session: Session, isSpread: boolean): void {
    const { random, requestJitterMs } = this.#settings;
    this.#session = session;
    this.#failures = 0;
    this.#wait(isSpread ? Math.floor(random() * requestJitterMs) : 0, 'request-spread');
  }

  down(): void {
    this.#session = undefined;
    this.#settle();
  }

  /**
   * Asks now, even when an earlier request is still without its reply: that one may be lost. A request
   * that is about to be sent or repeated anyway is left to its time, and so is one without a session.
   */
  ask(): void {
    const isWaitingToSend = this.#cancelTimer !== undefined && this.#awaitedId === undefined;
    if (this.#session !== undefined && !isWaitingToSend) this.#send();
  }

  /** An offer came by `get_reply`: whichever request it answers, there is nothing left to ask. */
  answered(): void {
    this.#settle();
  }

  refused({ id, code, message, retryAfterSeconds }: Refusal): void {
    if (id !== this.#awaitedId) return;
    const { voice, random, requestJitterMs } = this.#settings;
    voice.event({ type: 'refused', code, message });
    if (code === SERVER_CODE.tooManyRequests && retryAfterSeconds !== undefined) {
      this.#settle();
      const afterMs = Math.min(retryAfterSeconds, RETRY_AFTER_SECONDS_MAX) * 1000;
      this.#wait(afterMs + Math.floor(random() * requestJitterMs), 'request-retry');
      return;
    }
    if (code === SERVER_CODE.noConfig || code === SERVER_CODE.switchOff) this.#settle();
    else this.#repeatLater();
    if (code !== SERVER_CODE.tooManyRequests) this.#onFruitless();
  }

  #send(): void {
    const { voice, clock, requestTimeoutMs } = this.#settings;
    const id = this.#takeId();
    this.#awaitedId = id;
    this.#cancelTimer?.();
    this.#cancelTimer = clock.after(requestTimeoutMs, 'request-timeout', () => {
      voice.event({ type: 'unanswered', id });
      this.#repeatLater();
      this.#onFruitless();
    });
    voice.event({ type: 'requested', id });
    this.#session
      ?.publish(this.#topic, encodeGet(id, this.#runningVersion()), { qos: 0 })
      // Only a session that is ending refuses, and the next one begins with a request.
      .catch(() => {});
  }

  #repeatLater(): void {
    this.#settle();
    this.#wait(backOffMs(this.#settings.retry, this.#failures, this.#settings.random), 'request-retry');
    this.#failures += 1;
  }

  #wait(ms: number, name: 'request-spread' | 'request-retry'): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#settings.clock.after(ms, name, () => this.#send());
  }

  #settle(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#awaitedId = undefined;
  }

  #takeId(): string {
    this.#lastId = this.#lastId >= ID_MAX ? 1 : this.#lastId + 1;
    return String(this.#lastId);
  }
}
