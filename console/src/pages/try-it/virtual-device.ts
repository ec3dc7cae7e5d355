/**
 * A device in the browser. It does what a device with our SDK does (connect, ask, download, check, apply, reply), one
 * configuration at a time with the newest winning, and writes down each message. How it answers is up to the person.
 *
 * The network comes from outside: MQTT is loaded only when somebody connects, and tests bring their own.
 */
import { DEVICE_REPLY_CODE } from '@opencota/contract/alink/codes';
import { deviceTopic, downlinkTopic } from '@opencota/contract/alink/topics';
import { type Entry, type NewEntry, type NoteName, withEntry } from './journal.ts';
import {
  type Answer,
  type ConnectWords,
  connectWords,
  digestOf,
  encodeReply,
  encodeRequest,
  ID_WITHOUT_PUSH,
  type Identity,
  type Offer,
  reachableAddress,
  readPush,
  readRequestReply,
} from './wire.ts';

/** `quiet`: as unmodified Link SDKs, which say nothing on success. */
export type Behaviour = 'confirm' | 'quiet' | 'refuse' | 'silent';
export type Running = { version: number; sha256: string; text: string };

export type LinkEvents = {
  connected(): void;
  /** CONNACK with another code than 0. */
  rejected(code: number): void;
  message(topic: string, payload: string): void;
  /** PUBACK, in either direction. */
  acknowledged(direction: 'out' | 'in'): void;
  closed(reason: string): void;
};
export type Link = { publish(topic: string, payload: string, qos: 0 | 1): void; end(): void };
export type Network = {
  open(words: ConnectWords, events: LinkEvents): Promise<Link>;
  /** Throws with a reason when there is no file. */
  download(url: string): Promise<Uint8Array>;
  /** Of the page: downloads from elsewhere are not allowed to it. */
  origin: string;
};

export type Snapshot = {
  readonly state: 'off' | 'connecting' | 'on';
  /** The server does not take this device: its secret is wrong, or it was removed or disabled. */
  readonly isRejected: boolean;
  readonly behaviour: Behaviour;
  readonly running: Running | undefined;
  readonly entries: readonly Entry[];
};

type Options = {
  identity: Identity;
  network: Network;
  running?: Running | undefined;
  /** Keeps what the device runs, as its disk would. */
  keep: (running: Running) => void;
};

const REFUSAL_NOTES: Readonly<Record<number, NoteName>> = {
  6710: 'noConfig',
  6713: 'switchOff',
  429: 'tooOften',
};
const PASSWORD_CHARS_SHOWN = 8;

export class VirtualDevice {
  readonly identity: Identity;
  readonly #options: Options;
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot;
  #link: Link | undefined;
  /** Which connection this is: what an earlier one still says is about nothing any more. */
  #connection = 0;
  #requests = 0;
  #waiting: Offer | undefined;
  #isBusy = false;

  constructor(options: Options) {
    this.identity = options.identity;
    this.#options = options;
    const { running } = options;
    this.#snapshot = { state: 'off', isRejected: false, behaviour: 'confirm', running, entries: [] };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.#snapshot;

  behave(behaviour: Behaviour): void {
    this.#change({ behaviour });
  }

  clear(): void {
    this.#change({ entries: [] });
  }

  async connect(): Promise<void> {
    if (this.#snapshot.state !== 'off') return;
    this.#change({ state: 'connecting', isRejected: false });
    const words = connectWords(this.identity, Date.now());
    const password = `${words.password.slice(0, PASSWORD_CHARS_SHOWN)}…`;
    const payload = JSON.stringify({ ...words, password });
    this.#note({ direction: 'out', title: 'CONNECT', payload, note: 'connect' });
    this.#connection += 1;
    const mine = this.#connection;
    try {
      const link = await this.#options.network.open(words, this.#events(mine));
      if (this.#connection === mine && this.snapshot().state !== 'off') this.#link = link;
      else link.end();
    } catch (error) {
      if (this.#connection === mine) this.#lost(error instanceof Error ? error.message : String(error));
    }
  }

  disconnect(): void {
    if (this.#snapshot.state === 'off') return;
    this.#connection += 1;
    this.#change({ state: 'off' });
    this.#link?.end();
    this.#link = undefined;
    this.#note({ direction: 'out', title: 'DISCONNECT', note: 'disconnect' });
  }

  request(): void {
    this.#requests += 1;
    const { productKey, deviceName } = this.identity;
    const payload = encodeRequest(this.#requests, this.#snapshot.running?.version ?? 0);
    this.#publish(deviceTopic.configGet(productKey, deviceName), payload, { qos: 0, note: 'request' });
  }

  #events(connection: number): LinkEvents {
    const ifMine =
      <Said extends unknown[]>(act: (...said: Said) => void) =>
      (...said: Said) => {
        if (this.#connection === connection) act(...said);
      };
    return {
      connected: ifMine(() => {
        this.#change({ state: 'on' });
        this.#note({ direction: 'in', title: 'CONNACK 0', note: 'connected' });
      }),
      rejected: ifMine((code) => {
        this.#link = undefined;
        this.#change({ state: 'off', isRejected: true });
        this.#note({ direction: 'in', title: `CONNACK ${code}`, note: 'rejected' });
      }),
      message: ifMine((topic, payload) => this.#receive(topic, payload)),
      acknowledged: ifMine((direction) =>
        this.#note({ direction, title: 'PUBACK', note: direction === 'out' ? 'pushTaken' : 'replyTaken' }),
      ),
      closed: ifMine((reason) => this.#lost(reason)),
    };
  }

  #lost(reason: string): void {
    if (this.#snapshot.state === 'off') return;
    this.#link = undefined;
    this.#change({ state: 'off' });
    this.#note({ direction: 'self', note: 'lost', values: { reason } });
  }

  #receive(topic: string, payload: string): void {
    const { productKey, deviceName } = this.identity;
    if (topic === downlinkTopic.configPush(productKey, deviceName))
      this.#take(readPush(payload), { topic, payload, note: 'push' });
    else if (topic === downlinkTopic.configGetReply(productKey, deviceName))
      this.#take(readRequestReply(payload), { topic, payload, note: 'offered' });
    else this.#note({ direction: 'in', title: topic, payload, note: 'other' });
  }

  #take(answer: Answer, said: { topic: string; payload: string; note: NoteName }): void {
    const { topic: title, payload } = said;
    if (answer.kind !== 'offer') {
      const note =
        answer.kind === 'refusal' ? (REFUSAL_NOTES[answer.code] ?? 'refusedByServer') : 'unreadable';
      this.#note({ direction: 'in', title, payload, note });
      return;
    }
    const { configVersion = '?', configSize } = answer.offer.file;
    this.#note({
      direction: 'in',
      title,
      payload,
      note: said.note,
      values: { version: configVersion, size: configSize },
    });
    if (this.#snapshot.behaviour === 'silent') this.#note({ direction: 'self', note: 'silent' });
    else void this.#follow(answer.offer);
  }

  /** One at a time; of those that wait only the newest counts. */
  async #follow(offer: Offer): Promise<void> {
    this.#waiting = offer;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#waiting !== undefined) {
      const next: Offer = this.#waiting;
      this.#waiting = undefined;
      await this.#handle(next);
    }
    this.#isBusy = false;
  }

  async #handle(offer: Offer): Promise<void> {
    const { file } = offer;
    const { running } = this.#snapshot;
    const isLower = running !== undefined && (file.configVersion ?? running.version) < running.version;
    if (isLower) return this.#refuse(offer, 'stale', DEVICE_REPLY_CODE.staleVersion);
    if (running?.sha256 === file.sign && running.version === (file.configVersion ?? running.version)) {
      this.#note({ direction: 'self', note: 'already' });
      // What was asked for needs no word when nothing changes.
      if (offer.id !== ID_WITHOUT_PUSH) this.#confirm(offer);
      return;
    }
    const bytes = await this.#download(offer);
    if (bytes === undefined) return;
    const sha256 = digestOf(bytes);
    if (bytes.length !== file.configSize)
      return this.#refuse(offer, 'wrongSize', DEVICE_REPLY_CODE.sizeMismatch);
    if (sha256 !== file.sign) return this.#refuse(offer, 'wrongDigest', DEVICE_REPLY_CODE.digestMismatch);
    this.#note({ direction: 'self', note: 'checked', values: { size: bytes.length, digest: sha256 } });
    if (this.#snapshot.behaviour === 'refuse') {
      const canRevert = running !== undefined;
      const code = canRevert ? DEVICE_REPLY_CODE.reverted : DEVICE_REPLY_CODE.revertFailed;
      return this.#refuse(offer, canRevert ? 'reverted' : 'refused', code);
    }
    this.#apply(offer, { version: file.configVersion ?? 0, sha256, text: new TextDecoder().decode(bytes) });
  }

  async #download(offer: Offer): Promise<Uint8Array | undefined> {
    const { network } = this.#options;
    const { url, isRewritten } = reachableAddress(offer.file.url, network.origin);
    const note = isRewritten ? 'downloadElsewhere' : 'download';
    const values = { origin: new URL(offer.file.url).origin };
    this.#note({ direction: 'out', title: `GET ${url}`, note, values });
    try {
      const bytes = await network.download(url);
      const payload = new TextDecoder().decode(bytes);
      this.#note({ direction: 'in', title: 'HTTP 200', payload, note: 'downloaded' });
      return bytes;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refuse(offer, 'downloadFailed', DEVICE_REPLY_CODE.downloadFailed, { reason });
      return undefined;
    }
  }

  #apply(offer: Offer, running: Running): void {
    this.#options.keep(running);
    this.#change({ running });
    this.#note({ direction: 'self', note: 'applied', values: { version: running.version } });
    if (this.#snapshot.behaviour === 'quiet') this.#note({ direction: 'self', note: 'quiet' });
    else this.#confirm(offer);
  }

  #confirm(offer: Offer): void {
    this.#reply(offer, { code: DEVICE_REPLY_CODE.applied, message: '', note: 'confirm' });
  }

  #refuse(offer: Offer, note: NoteName, code: number, values: Record<string, string> = {}): void {
    this.#note({ direction: 'self', note, values });
    this.#reply(offer, { code, message: values.reason ?? `virtual device: ${note}`, note: 'refusal' });
  }

  #reply({ id, file }: Offer, said: { code: number; message: string; note: NoteName }): void {
    const { productKey, deviceName } = this.identity;
    const { code, message, note } = said;
    const runningVersion = this.#snapshot.running?.version ?? 0;
    const payload = encodeReply({ id, code, message, runningVersion, sign: file.sign });
    const topic = deviceTopic.configPushReply(productKey, deviceName);
    this.#publish(topic, payload, { qos: 1, note, values: { code } });
  }

  #publish(
    topic: string,
    payload: string,
    { qos, note, values = {} }: { qos: 0 | 1; note: NoteName; values?: Record<string, number> },
  ): void {
    if (this.#link === undefined) {
      this.#note({ direction: 'self', note: 'notSent' });
      return;
    }
    this.#note({ direction: 'out', title: topic, payload, note, values });
    this.#link.publish(topic, payload, qos);
  }

  #note(entry: NewEntry): void {
    this.#change({ entries: withEntry(this.#snapshot.entries, entry, Date.now()) });
  }

  #change(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
