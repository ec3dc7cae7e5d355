/**
 * The device: puts the parts together and carries out what `decide.ts` decides.
 *
 * Start: take the directory, read the disk, hand the kept configuration to the handler, then connect. So a device works
 * without a network, and nothing that comes over the network can overtake what is on disk.
 */
import { Applier } from './apply.ts';
import { within } from './clock.ts';
import { Link, type Session } from './connect.ts';
import {
  freshLinkDenied,
  handlerFreed,
  handlerStuck,
  initialState,
  isSuperseded,
  type Offer,
  type Outcome,
  offered,
  replyAcknowledged,
  runningFailed,
  type State,
  type Step,
  worked,
} from './decide.ts';
import { messageOf } from './events.ts';
import { type ConfigHandler, HandlerCalls } from './handler.ts';
import { type Lock, lockWhenFree } from './lock.ts';
import { type DeviceOptions, resolveOptions, type Settings } from './options.ts';
import {
  configTopics,
  DEVICE_REPLY_CODE,
  type Downlink,
  ID_WITHOUT_PUSH,
  type PushReply,
  parseGetReply,
  parsePush,
  type Topics,
} from './protocol.ts';
import { Replier } from './reply.ts';
import { Requester } from './request.ts';
import { createStore } from './store.ts';

/** How long `close` waits for a handler at work and for the last reply. */
const CLOSE_TIMEOUT_MS = 5_000;

export type Device = {
  /**
   * Says what applies a configuration, and starts the device. The handler is called for one
   * configuration at a time: with the kept one at start, with each new one, and with the last good
   * one again when it failed on a new one. Whatever it does must be safe to do twice, and it must
   * obey its `signal`: as long as a call that has run out of time goes on, nothing else is applied.
   *
   * @throws when the device has been started already.
   */
  onConfig(handler: ConfigHandler): Device;
  /**
   * Ends the connection. Waits a few seconds for a handler at work and for its reply; do not await it
   * inside the handler. A handler that takes longer has its `signal` aborted, and its result does not
   * count. A configuration that was on its way is offered again after the next start.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Creates a device. It does nothing until `onConfig`.
 *
 * @throws TypeError or RangeError for options that cannot work.
 */
export function createDevice(options: DeviceOptions): Device {
  const settings = resolveOptions(options);
  let running: RunningDevice | undefined;
  const close = async () => running?.close();
  const device: Device = {
    onConfig(handler) {
      if (running !== undefined) throw new Error('onConfig has been called already');
      running = new RunningDevice(settings, handler);
      return device;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return device;
}

class RunningDevice {
  readonly #settings: Settings;
  readonly #topics: Topics;
  readonly #calls: HandlerCalls;
  readonly #applier: Applier;
  readonly #link: Link;
  readonly #requester: Requester;
  readonly #replier: Replier;
  readonly #closing = new AbortController();
  #state: State = initialState(undefined);
  /** Settles when the handler is not at work, or stuck, and will not be called. */
  #busy: Promise<void>;
  #lock: Lock | undefined;
  #closed: Promise<void> | undefined;

  constructor(settings: Settings, handler: ConfigHandler) {
    this.#settings = settings;
    this.#topics = configTopics(settings.productKey, settings.deviceName);
    const store = createStore(settings);
    this.#calls = new HandlerCalls(settings, handler);
    this.#applier = new Applier(settings, store, this.#calls);
    this.#requester = new Requester(settings, {
      topic: this.#topics.get,
      runningVersion: () => this.#state.running?.version ?? 0,
      onFruitless: () => this.#take(freshLinkDenied(this.#state)),
    });
    this.#replier = new Replier(settings, {
      topic: this.#topics.pushReply,
      onAcknowledged: (reply) => {
        this.#state = replyAcknowledged(this.#state, reply);
      },
    });
    this.#link = new Link(settings, this.#topics, {
      up: (session) => this.#up(session),
      message: (topic, text) => this.#receive(topic, text),
      down: () => this.#down(),
    });
    this.#busy = this.#start(store);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#requester.down();
    const quiet = this.#busy.then(() => this.#replier.idle());
    await within(this.#settings.clock, CLOSE_TIMEOUT_MS, 'close-timeout', quiet);
    this.#calls.stop();
    await this.#link.close();
    // What was given up has a file to remove, and nobody else may be at work there meanwhile.
    await within(this.#settings.clock, CLOSE_TIMEOUT_MS, 'close-timeout', this.#busy);
    await this.#lock?.release();
  }

  async #start(store: ReturnType<typeof createStore>): Promise<void> {
    this.#lock = await lockWhenFree(this.#settings, this.#closing.signal);
    if (this.#lock === undefined) return;
    const loaded = await store.load();
    if (loaded.kind === 'unreadable') this.#settings.voice.error('storage', loaded.reason);
    if (loaded.kind === 'config') {
      this.#state = initialState(loaded.config);
      const isGood = await this.#applier.applyStored(loaded.config);
      if (!isGood) this.#state = runningFailed(this.#state);
      if (this.#calls.isStuck) this.#holdBack();
    }
    if (!this.#closing.signal.aborted) this.#link.start();
  }

  #up(session: Session): void {
    this.#replier.up(session);
    if (!this.#closing.signal.aborted) this.#requester.up(session, this.#state.running !== undefined);
  }

  #down(): void {
    this.#replier.down();
    this.#requester.down();
  }

  #receive(topic: string, text: string): void {
    if (this.#closing.signal.aborted) return;
    if (topic === this.#topics.push) this.#receivePush(parsePush(text));
    else if (topic === this.#topics.getReply) this.#receiveGetReply(parseGetReply(text));
  }

  #receivePush(push: Downlink): void {
    if (push.kind === 'offer') {
      this.#offer({ via: 'push', id: push.id, file: push.file, isSecondLink: false });
    } else if (push.kind === 'unreadable') {
      this.#settings.voice.error('message', `a push could not be read: ${push.reason}`);
      if (push.id === '') return;
      const code = DEVICE_REPLY_CODE.parameterError;
      const runningVersion = this.#state.running?.version ?? 0;
      this.#replier.send({ id: push.id, code, message: push.reason, runningVersion, sha256: '' });
    }
  }

  #receiveGetReply(reply: Downlink): void {
    switch (reply.kind) {
      case 'offer':
        this.#requester.answered();
        this.#offer({ via: 'get', id: ID_WITHOUT_PUSH, file: reply.file, isSecondLink: false });
        return;
      case 'refusal':
        this.#requester.refused(reply);
        return;
      case 'unreadable':
        this.#settings.voice.error('message', `a get_reply could not be read: ${reply.reason}`);
    }
  }

  #offer(offer: Offer): void {
    const { version, sha256 } = offer.file;
    this.#settings.voice.event({ type: 'offered', via: offer.via, id: offer.id, version, sha256 });
    this.#take(offered(this.#state, offer));
  }

  #take(step: Step): void {
    this.#state = step.state;
    for (const action of step.actions) {
      switch (action.do) {
        case 'work':
          this.#busy = this.#work(action.offer);
          break;
        case 'reply':
          this.#reply(action.reply);
          break;
        case 'ask-for-link':
          this.#requester.ask();
          break;
        case 'tell':
          this.#tell(action.what, action.offer);
          break;
        default:
          action satisfies never;
      }
    }
  }

  async #work(offer: Offer): Promise<void> {
    const outcome = await this.#applier
      .apply(offer.file, { signal: this.#closing.signal, isSuperseded: () => isSuperseded(this.#state) })
      // Nothing is known to end here; if something does, the device must not stay at work for ever.
      .catch((error: unknown): Outcome => {
        return { kind: 'device-failed', code: DEVICE_REPLY_CODE.downloadFailed, message: messageOf(error) };
      });
    if (this.#calls.isStopped) return;
    if (this.#calls.isStuck) this.#holdBack();
    const { version, sha256 } = offer.file;
    if (outcome.kind === 'applied') this.#settings.voice.event({ type: 'applied', version, sha256 });
    const isUnfinished = outcome.kind === 'superseded' || outcome.kind === 'download-failed';
    if (this.#closing.signal.aborted && isUnfinished) return;
    const step = worked(this.#state, outcome);
    // A closing device still says how the last one ended, but begins nothing.
    const actions = step.actions.filter((action) => !this.#closing.signal.aborted || action.do === 'reply');
    this.#take({ state: step.state, actions });
  }

  /** A call is stuck: whatever comes waits for it, and after it for the last good configuration. */
  #holdBack(): void {
    this.#state = handlerStuck(this.#state);
    this.#calls.freed().then(() => {
      if (!this.#closing.signal.aborted) this.#busy = this.#bringBack();
    });
  }

  async #bringBack(): Promise<void> {
    const isRunningGood = await this.#applier.bringBack();
    const goOn = () => {
      if (!this.#closing.signal.aborted) this.#take(handlerFreed(this.#state, isRunningGood));
    };
    // Stuck again. One attempt is enough: a newer configuration may be what helps.
    if (this.#calls.isStuck) this.#calls.freed().then(goOn);
    else goOn();
  }

  #reply(reply: PushReply): void {
    if (reply.code !== DEVICE_REPLY_CODE.applied) {
      this.#settings.voice.error('config', `code ${reply.code}: ${reply.message}`);
    }
    this.#replier.send(reply);
  }

  #tell(what: 'superseded' | 'skipped', { id, file: { version, sha256 } }: Offer): void {
    const { voice } = this.#settings;
    if (what === 'superseded') voice.event({ type: 'superseded', id, version, sha256 });
    else voice.event({ type: 'skipped', version, sha256 });
  }
}
