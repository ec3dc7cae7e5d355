/** Row 28: the server is killed in the middle of a push and a whole fleet comes back at once and downloads. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { KillBench } from '../support/kill-bench.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { untilEnded } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';
import type { Fault } from './fault.ts';
import { Ledger } from './ledger.ts';
import type { ProbeResult, ProbeTarget } from './probe.ts';

const FLEET = 1_000;
const BACK_WITHIN_MS = 30_000;
/** What a person or a probe may wait for while the herd comes in. */
const ANSWER_WITHIN_MS = 1_000;

export const reconnectHerd: Fault = {
  row: 28,
  name: 'herd',
  fault: 'a restart: the whole fleet reconnects at once, without waiting, and everyone downloads',
  promise:
    'all are served within 30 s, other requests meanwhile within a second of the processor, nothing is doubled',
  done: '1,000 devices that come back every 25 ms; the server is killed when a tenth of them was pushed to, and asked for its health all the while after the restart',
  shortForm: { test: 'journey/kill.test.ts' },
  async run({ isQuick, say }) {
    const fleet = isQuick ? FLEET / 10 : FLEET;
    await using bench = await KillBench.start();
    await bench.addFleet(fleet);
    const ledger = new Ledger();
    const version = (await ledger.save(bench))!;
    const killed = bench.killAt('push', fleet / 10);
    const answered = await ledger.push(bench, version.number);
    await killed;
    await bench.restart();
    const since = performance.now();
    const endProbe = probe(bench.server);
    const id = answered ?? (await ledger.push(bench, version.number))!;
    await until(
      'every device runs it',
      () => bench.fleet.every(({ runs }) => runs === version.sha256),
      BACK_WITHIN_MS,
    );
    await untilEnded(bench.admin, id, BACK_WITHIN_MS);
    const ms = Math.round(performance.now() - since);
    const { slowestMs, withWaitingMs } = await endProbe();
    say(
      `all served after ${ms} ms; slowest answer to a probe ${Math.round(slowestMs)} ms, ${Math.round(withWaitingMs)} ms with waiting for a processor`,
    );
    assert.ok(slowestMs < ANSWER_WITHIN_MS, `a probe waited ${slowestMs} ms`);
    await ledger.check(bench);
  },
};

/** @returns a call that ends it and says how long the slowest answer took. */
function probe({ baseUrl, pid }: ServerProcess): () => Promise<ProbeResult> {
  const workerData: ProbeTarget = { baseUrl, pid };
  const worker = new Worker(new URL('./probe.ts', import.meta.url), { workerData });
  const answered = once(worker, 'message');
  // Heard when it is asked for.
  answered.catch(() => {});
  return async () => {
    worker.postMessage('done');
    const [result] = await answered;
    return result;
  };
}
