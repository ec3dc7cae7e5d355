/**
 * Asks the server small things all the time, in a thread of its own, and keeps how long the answers took: while
 * it does something large, nobody else may wait for it. A page that needs no store, and devices' requests.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { deviceTopic } from '@opencota/contract/alink/topics';
import { connectOf, encodeGet, type Identity } from '../src/alink.ts';
import { encodeConnect, encodePublish } from '../src/mqtt-wire.ts';
import { LoadSession } from './load-session.ts';
import type { Ports } from './messages.ts';

const HTTP_EVERY_MS = 10;
/** With 300 devices each asks ten times a minute at most, which is what they may. */
const REQUEST_EVERY_MS = 20;
/** What was set off may still be going on when its answer is there. */
const AFTERWARDS_MS = 250;
const KEEP_ALIVE_SECONDS = 1_200;

export type Latencies = { count: number; medianMs: number; longestMs: number };
export type Probed = { http: Latencies; requests: Latencies };
type Order = 'begin' | 'end' | 'close';

export type Probe = AsyncDisposable & {
  /** What was measured while `work` was going on. */
  during<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number; probed: Probed }>;
};

export async function startProbe(ports: Ports, devices: readonly Identity[]): Promise<Probe> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { ports, devices } });
  const ask = async (order: Order): Promise<Probed> => {
    const answer = once(worker, 'message');
    worker.postMessage(order);
    return (await answer)[0];
  };
  await once(worker, 'message');
  return {
    async during(work) {
      await ask('begin');
      const startMs = performance.now();
      const result = await work();
      const seconds = (performance.now() - startMs) / 1000;
      await delay(AFTERWARDS_MS);
      return { result, seconds, probed: await ask('end') };
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

/** One thing asked again and again, never twice at a time. */
class Question {
  readonly #ask: () => Promise<unknown>;
  #tookMs: number[] = [];
  #isAsked = false;

  constructor(ask: () => Promise<unknown>, everyMs: number) {
    this.#ask = ask;
    setInterval(() => void this.#askOnce(), everyMs);
  }

  begin(): void {
    this.#tookMs = [];
  }

  /** Waits for the answer that is still out: it may be the longest. */
  async end(): Promise<Latencies> {
    while (this.#isAsked) await delay(1);
    const sorted = this.#tookMs.sort((a, b) => a - b);
    return { count: sorted.length, medianMs: sorted[sorted.length >> 1] ?? 0, longestMs: sorted.at(-1) ?? 0 };
  }

  async #askOnce(): Promise<void> {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const startMs = performance.now();
    await this.#ask();
    this.#tookMs.push(performance.now() - startMs);
    this.#isAsked = false;
  }
}

async function probe({ ports, devices }: { ports: Ports; devices: Identity[] }): Promise<void> {
  const sessions: { session: LoadSession; topic: string }[] = [];
  for (const device of devices) {
    const session = new LoadSession(ports.mqttPort, () => ({}));
    const accepted = session.expect('connack');
    session.send(
      encodeConnect(
        connectOf(device, { isLink: false, keepAliveSeconds: KEEP_ALIVE_SECONDS, nowMs: Date.now() }),
      ),
    );
    await accepted;
    sessions.push({ session, topic: deviceTopic.configGet(device.productKey, device.deviceName) });
  }
  let next = 0;
  const questions = [
    new Question(async () => {
      const answer = await fetch(`http://127.0.0.1:${ports.httpPort}/healthz`);
      await answer.text();
    }, HTTP_EVERY_MS),
    new Question(async () => {
      const { session, topic } = sessions[next++ % sessions.length]!;
      const answer = session.expect('publish');
      session.send(encodePublish(topic, encodeGet('1', 0)));
      await answer;
    }, REQUEST_EVERY_MS),
  ];
  parentPort!.on('message', async (order: Order) => {
    if (order === 'begin') for (const question of questions) question.begin();
    const [http, requests] = await Promise.all(
      questions.map((question) => (order === 'end' ? question.end() : undefined)),
    );
    parentPort!.postMessage({ http, requests });
  });
  parentPort!.postMessage('ready');
}

if (parentPort !== null) await probe(workerData);
