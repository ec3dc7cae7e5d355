/**
 * One simulated device: connects and comes back, asks, downloads, applies and replies, each in the way of
 * its behaviour. Configurations are applied one at a time, and of those that wait the newest wins.
 */
import type { Agent } from 'node:http';
import { DEVICE_REPLY_CODE } from '@opencota/contract/alink/codes';
import { deviceTopic, downlinkTopic } from '@opencota/contract/alink/topics';
import {
  type Answer,
  connectOf,
  encodeGet,
  encodeLinkGet,
  encodeReply,
  ID_WITHOUT_PUSH,
  type Identity,
  type Offer,
  readAnswer,
  readLinkAnswer,
} from './alink.ts';
import { type Behaviour, type Manners, mannersOf } from './behaviour.ts';
import { createDeviceLog, type DeviceLog, type LogEntry, type SimEvent } from './device-log.ts';
import { download } from './download.ts';
import { DeviceLink } from './link.ts';
import type { Random } from './random.ts';

export type SimDeviceSpec = Identity & { behaviour: Behaviour };

/** What all devices of a fleet share. */
export type DeviceSurroundings = {
  host: string;
  port: number;
  agent: Agent;
  keepAliveSeconds: number;
  requestJitterMs: number;
  reconnect: { minMs: number; maxMs: number };
  onEvent(deviceName: string, entry: LogEntry): void;
};

/** What a device runs. */
export type Running = { version: number | undefined; sha256: string };

type Reply = { id: string; code: number; message: string; sha256: string };
type Outcome = { code: number; message: string };

/** The answer to a request, or the acknowledgement of a reply, may take this long. */
const ANSWER_MS_MAX = 10_000;
const BACK_OFF_DOUBLINGS_MAX = 20;

export class SimDevice {
  readonly spec: SimDeviceSpec;
  readonly log: DeviceLog = createDeviceLog();
  readonly #manners: Manners;
  readonly #surroundings: DeviceSurroundings;
  readonly #random: Random;
  readonly #stop = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #link: DeviceLink | undefined;
  #upSinceMs: number | undefined;
  #failures = 0;
  #running: Running | undefined;
  #working: Offer | undefined;
  #waiting: Offer | undefined;
  /** What it refused is not tried again because of a request, or every reconnect would try it. */
  #refusedSha256: string | undefined;
  #requestedMs: number | undefined;
  #reply: (Reply & { packetId: number; sentMs: number }) | undefined;
  #requests = 0;

  constructor(spec: SimDeviceSpec, surroundings: DeviceSurroundings, random: Random) {
    this.spec = spec;
    this.#manners = mannersOf(spec.behaviour);
    this.#surroundings = surroundings;
    this.#random = random;
  }

  /** Undefined: it has applied nothing yet. */
  get running(): Running | undefined {
    return this.#running;
  }

  get isOnline(): boolean {
    return this.#upSinceMs !== undefined;
  }

  /** Whether it connects as soon as it is started. */
  get isPunctual(): boolean {
    return this.#manners.connectAfterMs === 0;
  }

  /** `delayMs` spreads a fleet's start. */
  start(delayMs: number): void {
    const { connectAfterMs } = this.#manners;
    if (connectAfterMs !== null) this.#after(delayMs + connectAfterMs, () => this.#connect());
  }

  stop(): void {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#link?.close();
  }

  /** Drops the connection without a word; the device comes back by itself. */
  cut(): void {
    this.#link?.cut();
  }

  /** Everything that is due by now. Called by the fleet about once a second. */
  sweep(nowMs: number): void {
    this.#link?.sweep(nowMs);
    if (this.#upSinceMs === undefined) return;
    const { sessionMs } = this.#manners;
    if (sessionMs !== null && nowMs - this.#upSinceMs > sessionMs) this.#link?.close();
    else if (this.#requestedMs !== undefined && nowMs - this.#requestedMs > ANSWER_MS_MAX) this.#request();
    else if (this.#reply !== undefined && nowMs - this.#reply.sentMs > ANSWER_MS_MAX) this.#send(this.#reply);
  }

  #connect(): void {
    const { host, port, keepAliveSeconds } = this.#surroundings;
    const { productKey, deviceName } = this.spec;
    const isLink = this.#manners.linkRequestId !== null;
    const push = downlinkTopic.configPush(productKey, deviceName);
    const getReply = downlinkTopic.configGetReply(productKey, deviceName);
    this.#link = new DeviceLink({
      host,
      port,
      connect: connectOf(this.spec, { isLink, keepAliveSeconds, nowMs: Date.now() }),
      subscriptions: isLink ? [] : [getReply, push],
      listener: {
        up: () => this.#up(),
        message: (topic, payload) => {
          if (topic === push) this.#receive('push', payload);
          else if (topic === getReply) this.#receive('get', payload);
        },
        acknowledged: (packetId) => this.#acknowledged(packetId),
        down: (reason) => this.#down(reason),
      },
    });
  }

  #up(): void {
    this.#upSinceMs = performance.now();
    this.#failures = 0;
    this.#tell({ type: 'connected' });
    if (this.#reply !== undefined) this.#send(this.#reply);
    if (!this.#manners.isDownloading) return;
    const jitterMs = Math.floor(this.#random.next() * this.#surroundings.requestJitterMs);
    const session = this.#link;
    this.#after(jitterMs, () => {
      if (this.#link === session && this.isOnline) this.#request();
    });
  }

  #down(reason: string): void {
    const type = this.isOnline ? 'disconnected' : 'connectFailed';
    this.#upSinceMs = undefined;
    this.#requestedMs = undefined;
    this.#tell({ type, reason });
    if (this.#stop.signal.aborted) return;
    const { minMs, maxMs } = this.#surroundings.reconnect;
    const boundMs = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, BACK_OFF_DOUBLINGS_MAX));
    this.#failures += 1;
    this.#after(Math.floor(this.#random.next() * boundMs), () => this.#connect());
  }

  #request(): void {
    const { productKey, deviceName } = this.spec;
    const { linkRequestId } = this.#manners;
    this.#requests += 1;
    const id = linkRequestId === null ? String(this.#requests) : String(linkRequestId);
    const text =
      linkRequestId === null ? encodeGet(id, this.#running?.version ?? 0) : encodeLinkGet(linkRequestId);
    this.#requestedMs = performance.now();
    this.#link?.publish(deviceTopic.configGet(productKey, deviceName), text, 0);
    this.#tell({ type: 'requested', id });
  }

  #receive(via: Offer['via'], payload: string): void {
    const isLink = this.#manners.linkRequestId !== null;
    const answer: Answer = isLink ? readLinkAnswer(via, payload) : readAnswer(via, payload);
    if (via === 'get') this.#requestedMs = undefined;
    switch (answer.kind) {
      case 'offer': {
        const { id, version, sha256 } = answer.offer;
        this.#tell({ type: 'offered', via, id, version, sha256 });
        if (this.#manners.isDownloading) this.#consider(answer.offer);
        return;
      }
      case 'refusal':
        this.#tell({ type: 'refused', code: answer.code });
        return;
      case 'unreadable':
        this.#tell({ type: 'unreadable', text: answer.text });
        return;
      default:
        answer satisfies never;
    }
  }

  #consider(offer: Offer): void {
    const running = this.#running;
    if (offer.via === 'get' && offer.sha256 === this.#refusedSha256) return;
    if (running?.sha256 === offer.sha256 && this.#working === undefined) {
      this.#running = { version: offer.version, sha256: offer.sha256 };
      // What was asked for and is running already needs no word.
      if (offer.via === 'push') this.#answer(offer, { code: DEVICE_REPLY_CODE.applied, message: '' });
    } else if (offer.version !== undefined && offer.version < (running?.version ?? 0)) {
      this.#answer(offer, {
        code: DEVICE_REPLY_CODE.staleVersion,
        message: `runs version ${running?.version}`,
      });
    } else if (this.#working === undefined) {
      void this.#work(offer);
    } else {
      this.#waiting = this.#newer(offer, this.#waiting);
    }
  }

  /** The one to keep waiting; the other is told as superseded. An offer of the same content is no loss. */
  #newer(offer: Offer, waiting: Offer | undefined): Offer {
    if (waiting === undefined) return offer;
    const isNewer = (offer.version ?? Number.MAX_VALUE) >= (waiting.version ?? 0);
    const [kept, dropped] = isNewer ? [offer, waiting] : [waiting, offer];
    if (kept.sha256 !== dropped.sha256)
      this.#tell({ type: 'superseded', version: dropped.version, sha256: dropped.sha256 });
    // A push wants its reply; a request does not.
    return kept.sha256 === dropped.sha256 && kept.via === 'get' ? dropped : kept;
  }

  async #work(offer: Offer): Promise<void> {
    this.#working = offer;
    const outcome = await this.#take(offer);
    this.#working = undefined;
    if (this.#stop.signal.aborted || outcome === undefined) return;
    const { version, sha256 } = offer;
    if (outcome.code === DEVICE_REPLY_CODE.applied) {
      this.#running = { version, sha256 };
      this.#tell({ type: 'applied', version, sha256 });
    } else {
      if (outcome.code !== DEVICE_REPLY_CODE.downloadFailed) this.#refusedSha256 = sha256;
      this.#tell({ type: 'notApplied', ...outcome, sha256 });
    }
    this.#answer(offer, outcome);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#consider(waiting);
  }

  /** @returns undefined when the device was stopped meanwhile. */
  async #take(offer: Offer): Promise<Outcome | undefined> {
    const manners = this.#manners;
    const { signal } = this.#stop;
    if (!(await this.#sleep(manners.downloadDelayMs))) return undefined;
    const { downloadDrops: drops, isDigestWrong, linkRequestId } = manners;
    const isLink = linkRequestId !== null;
    const { agent } = this.#surroundings;
    const downloaded = await download(offer, { agent, signal, isLink, drops, isDigestWrong });
    if (downloaded.kind === 'failed') return { code: downloaded.code, message: downloaded.reason };
    const { version, sha256 } = offer;
    this.#tell({ type: 'downloaded', version, sha256, resumes: downloaded.resumes });
    if (!(await this.#sleep(manners.applyDelayMs))) return undefined;
    return manners.refusal ?? { code: DEVICE_REPLY_CODE.applied, message: '' };
  }

  #answer(offer: Offer, { code, message }: Outcome): void {
    if (!this.#manners.isReplying) return;
    const id = offer.via === 'push' ? offer.id : ID_WITHOUT_PUSH;
    this.#send({ id, code, message, sha256: offer.sha256 });
  }

  /** Only the newest reply is kept and repeated: it says what the device runs now. */
  #send({ id, code, message, sha256 }: Reply): void {
    const { productKey, deviceName } = this.spec;
    const reply = { id, code, message, sha256, packetId: 0, sentMs: performance.now() };
    this.#reply = reply;
    if (!this.isOnline) return;
    const text = encodeReply({ ...reply, runningVersion: this.#running?.version ?? 0 });
    const topic = deviceTopic.configPushReply(productKey, deviceName);
    reply.packetId = this.#link!.publish(topic, text, 1);
    this.#tell({ type: 'replied', id, code });
  }

  #acknowledged(packetId: number): void {
    const reply = this.#reply;
    if (reply === undefined || reply.packetId !== packetId) return;
    this.#reply = undefined;
    this.#tell({ type: 'replyTaken', id: reply.id, code: reply.code });
  }

  #tell(event: SimEvent): void {
    this.#surroundings.onEvent(this.spec.deviceName, this.log.add(event));
  }

  #after(ms: number, act: () => void): void {
    if (this.#stop.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  /** @returns false when the device was stopped: `stop` leaves its timers unanswered. */
  #sleep(ms: number): Promise<boolean> {
    if (ms === 0) return Promise.resolve(!this.#stop.signal.aborted);
    return new Promise((resolve) => this.#after(ms, () => resolve(true)));
  }
}
