/**
 * The way of one configuration into the device: download → check → stage → handler → commit.
 *
 * It is committed, that is "seen", only after the handler took it. When the handler fails or takes
 * too long, it is called again with the last good configuration, so that a half-applied one does not
 * stay. What the outside is told about all that is `decide.ts`'s business.
 */
import { within } from './clock.ts';
import { type Config, type KeptConfig, toConfig } from './config.ts';
import type { Outcome } from './decide.ts';
import { download } from './download.ts';
import { messageOf } from './events.ts';
import type { Settings } from './options.ts';
import { type ConfigFile, DEVICE_REPLY_CODE } from './protocol.ts';
import type { Staged, Store } from './store.ts';

/** Why the handler is called. */
export type ApplyReason =
  /** At start, with the configuration kept on disk. */
  | 'stored'
  /** With a configuration that has just come. */
  | 'new'
  /** With the last good configuration, because the handler failed on a newer one. */
  | 'revert';

export type ApplyContext = {
  reason: ApplyReason;
  /** Aborted when the handler has taken longer than `applyTimeoutMs`: its result no longer counts. */
  signal: AbortSignal;
};

/** Applies a configuration. To throw, or to reject, is to refuse it. */
export type ConfigHandler = (config: Config, context: ApplyContext) => void | Promise<void>;

export class Applier {
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #handler: ConfigHandler;
  #lastGood: KeptConfig | undefined;

  constructor(settings: Settings, store: Store, handler: ConfigHandler) {
    this.#settings = settings;
    this.#store = store;
    this.#handler = handler;
  }

  /** Hands what was found on disk to the handler. False when the handler failed on it. */
  async applyStored(config: KeptConfig): Promise<boolean> {
    this.#lastGood = config;
    if (!this.#settings.applyStoredAtStart) return true;
    const failure = await this.#call(config, 'stored');
    if (failure === undefined) return true;
    this.#settings.voice.error('config', `the handler failed on the kept configuration: ${failure}`);
    return false;
  }

  async apply(
    file: ConfigFile,
    control: { signal: AbortSignal; isSuperseded: () => boolean },
  ): Promise<Outcome> {
    if (file.sizeBytes > this.#settings.sizeBytesMax) {
      const message = `${file.sizeBytes} bytes are over this device's limit of ${this.#settings.sizeBytesMax}`;
      return { kind: 'device-failed', code: DEVICE_REPLY_CODE.sizeMismatch, message };
    }
    const downloaded = await download(file, this.#settings, control);
    if (downloaded.kind === 'superseded') return downloaded;
    if (downloaded.kind === 'failed') return { ...downloaded, kind: 'download-failed' };
    const { configId, version, sha256 } = file;
    return this.#take({ configId, version, sha256, bytes: downloaded.bytes });
  }

  async #take(config: KeptConfig): Promise<Outcome> {
    try {
      toConfig(config);
    } catch (error) {
      return { kind: 'content-failed', code: DEVICE_REPLY_CODE.notJson, message: messageOf(error) };
    }
    let staged: Staged;
    try {
      staged = await this.#store.stage(config);
    } catch (error) {
      return { kind: 'device-failed', code: DEVICE_REPLY_CODE.storeFailed, message: messageOf(error) };
    }
    const failure = await this.#call(config, 'new');
    if (failure !== undefined) {
      await staged.discard().catch(() => {});
      return { kind: 'content-failed', ...(await this.#revert(failure)) };
    }
    try {
      await staged.commit();
    } catch (error) {
      const { message } = await this.#revert(messageOf(error));
      return { kind: 'device-failed', code: DEVICE_REPLY_CODE.storeFailed, message };
    }
    this.#lastGood = config;
    return { kind: 'applied' };
  }

  /** @returns what to reply, with the original failure's text first. */
  async #revert(failure: string): Promise<{ code: 100010 | 100011; message: string }> {
    const lastGood = this.#lastGood;
    if (lastGood === undefined) {
      return { code: DEVICE_REPLY_CODE.revertFailed, message: `${failure} (no earlier configuration)` };
    }
    const second = await this.#call(lastGood, 'revert');
    if (second !== undefined) {
      const message = `${failure} (the earlier configuration failed too: ${second})`;
      return { code: DEVICE_REPLY_CODE.revertFailed, message };
    }
    const { version, sha256 } = lastGood;
    this.#settings.voice.event({ type: 'reverted', version, sha256 });
    return { code: DEVICE_REPLY_CODE.reverted, message: failure };
  }

  /** @returns why the handler failed, or undefined when it took the configuration. */
  async #call(config: KeptConfig, reason: ApplyReason): Promise<string | undefined> {
    const { clock, applyTimeoutMs } = this.#settings;
    const abort = new AbortController();
    try {
      const taken = (async () => this.#handler(toConfig(config), { reason, signal: abort.signal }))();
      if ((await within(clock, applyTimeoutMs, 'apply-timeout', taken)) !== 'timeout') return undefined;
      abort.abort();
      return `the handler took longer than ${applyTimeoutMs} ms`;
    } catch (error) {
      return messageOf(error) || 'the handler failed';
    }
  }
}
