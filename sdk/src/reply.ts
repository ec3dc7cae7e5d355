/**
 * Sends `push_reply`, with QoS 1 until the server has taken it.
 *
 * Every reply is sent at once when there is a session. Of those the server has not acknowledged only
 * the newest is kept and repeated, after a while or in the next session: it says what the device
 * runs, and an older one would no longer be true.
 */
import { backOffMs, type Cancel } from './clock.ts';
import type { Session } from './connect.ts';
import type { Settings } from './options.ts';
import { encodePushReply, type PushReply } from './protocol.ts';

export class Replier {
  readonly #settings: Settings;
  readonly #topic: string;
  readonly #onAcknowledged: (reply: PushReply) => void;
  #session: Session | undefined;
  #kept: PushReply | undefined;
  #failures = 0;
  #cancelTimer: Cancel | undefined;
  #idle = Promise.withResolvers<void>();

  constructor(settings: Settings, target: { topic: string; onAcknowledged: (reply: PushReply) => void }) {
    this.#settings = settings;
    this.#topic = target.topic;
    this.#onAcknowledged = target.onAcknowledged;
    this.#idle.resolve();
  }

  send(reply: PushReply): void {
    if (this.#kept === undefined) this.#idle = Promise.withResolvers<void>();
    this.#kept = reply;
    this.#failures = 0;
    this.#publish(reply);
  }

  up(session: Session): void {
    this.#session = session;
    if (this.#kept !== undefined) this.#publish(this.#kept);
  }

  down(): void {
    this.#session = undefined;
    this.#cancelTimer?.();
  }

  /** Resolves when no reply waits to be acknowledged. Without a session that may be never. */
  idle(): Promise<void> {
    return this.#session === undefined ? Promise.resolve() : this.#idle.promise;
  }

  #publish(reply: PushReply): void {
    this.#cancelTimer?.();
    const session = this.#session;
    session
      ?.publish(this.#topic, encodePushReply(reply), { qos: 1, timeoutMs: this.#settings.replyTimeoutMs })
      .then(
        () => this.#acknowledged(reply),
        () => this.#repeatLater(reply, session),
      );
  }

  #acknowledged(reply: PushReply): void {
    this.#settings.voice.event({ type: 'replied', id: reply.id, code: reply.code });
    this.#onAcknowledged(reply);
    if (this.#kept !== reply) return;
    this.#kept = undefined;
    this.#idle.resolve();
  }

  #repeatLater(reply: PushReply, session: Session): void {
    if (this.#kept !== reply || this.#session !== session) return;
    const { clock, retry, random } = this.#settings;
    const waitMs = backOffMs(retry, this.#failures, random);
    this.#failures += 1;
    this.#cancelTimer = clock.after(waitMs, 'reply-retry', () => this.#publish(reply));
  }
}
