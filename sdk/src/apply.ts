/**
 * The way of one configuration into the device: download, or what came inline → check → stage → handler → commit.
 *
 * It is committed, that is "seen", only after the handler took it. When the handler fails or takes
 * too long, it is called again with the last good configuration, so that a half-applied one does not
 * stay; a call that is stuck has to settle first, and that is `bringBack`. What the outside is told
 * about all that is `decide.ts`'s business.
 */
import { type KeptConfig, toConfig } from './config.ts';
import type { Outcome } from './decide.ts';
import { download } from './download.ts';
import { messageOf } from './events.ts';
import type { HandlerCalls } from './handler.ts';
import { readInline } from './inline.ts';
import type { Settings } from './options.ts';
import { type ConfigFile, DEVICE_REPLY_CODE } from './protocol.ts';
import type { Staged, Store } from './store.ts';

export class Applier {
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #calls: HandlerCalls;
  #lastGood: KeptConfig | undefined;

  constructor(settings: Settings, store: Store, calls: HandlerCalls) {
    this.#settings = settings;
    this.#store = store;
    this.#calls = calls;
  }

  /** Hands what was found on disk to the handler. False when the handler failed on it. */
  async applyStored(config: KeptConfig): Promise<boolean> {
    this.#lastGood = config;
    if (!this.#settings.applyStoredAtStart) return true;
    const end = await this.#calls.call(config, 'stored');
    if (end.kind === 'taken') return true;
    this.#settings.voice.error('config', `the handler failed on the kept configuration: ${end.message}`);
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
    const { configId, version, sha256 } = file;
    const inline = readInline(file);
    if (inline.kind === 'good') return this.#take({ configId, version, sha256, bytes: inline.bytes });
    if (inline.kind === 'unusable') {
      this.#settings.voice.event({ type: 'inline-unusable', reason: inline.reason, version, sha256 });
    }
    const downloaded = await download(file, this.#settings, control);
    if (downloaded.kind === 'superseded') return downloaded;
    if (downloaded.kind === 'failed') return { ...downloaded, kind: 'download-failed' };
    return this.#take({ configId, version, sha256, bytes: downloaded.bytes });
  }

  /**
   * Hands over the last good configuration once more, after a stuck call has settled. False when there
   * is one and the handler failed on it.
   */
  async bringBack(): Promise<boolean> {
    const failure = this.#lastGood && (await this.#callAgain(this.#lastGood));
    if (failure === undefined) return true;
    this.#settings.voice.error(
      'config',
      `the last good configuration could not be applied again: ${failure}`,
    );
    return false;
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
    const end = await this.#calls.call(config, 'new');
    if (end.kind !== 'taken') {
      await staged.discard().catch(() => {});
      return { kind: 'content-failed', ...(await this.#revert(end.message)) };
    }
    try {
      await staged.commit();
    } catch (error) {
      const { code, message } = await this.#revert(messageOf(error));
      const { revertFailed, storeFailed } = DEVICE_REPLY_CODE;
      return { kind: 'device-failed', code: code === revertFailed ? revertFailed : storeFailed, message };
    }
    this.#lastGood = config;
    return { kind: 'applied' };
  }

  /** @returns what to reply, with the original failure's text first. */
  async #revert(failure: string): Promise<{ code: 100010 | 100011; message: string }> {
    const code = DEVICE_REPLY_CODE.revertFailed;
    const lastGood = this.#lastGood;
    if (lastGood === undefined) return { code, message: `${failure} (no earlier configuration)` };
    if (this.#calls.isStuck) return { code, message: `${failure} (the earlier configuration has to wait)` };
    const second = await this.#callAgain(lastGood);
    if (second === undefined) return { code: DEVICE_REPLY_CODE.reverted, message: failure };
    return { code, message: `${failure} (the earlier configuration failed too: ${second})` };
  }

  /** @returns why the handler failed, or undefined when it took the last good configuration. */
  async #callAgain(lastGood: KeptConfig): Promise<string | undefined> {
    const end = await this.#calls.call(lastGood, 'revert');
    if (end.kind !== 'taken') return end.message;
    const { version, sha256 } = lastGood;
    this.#settings.voice.event({ type: 'reverted', version, sha256 });
    return undefined;
  }
}
