/**
 * A worker that asks a server for its health again and again, on a thread that nothing else delays.
 *
 * What it counts is the server's own time: moments in which the server was ready to run and the machine
 * gave the processor to others are taken off, where the kernel tells them (Linux, `schedstat`).
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

export type ProbeTarget = { baseUrl: string; pid: number };
export type ProbeResult = { slowestMs: number; withWaitingMs: number };

const EVERY_MS = 10;

// The one value that a probe is started with.
const { baseUrl, pid } = workerData as ProbeTarget;
const slowest: ProbeResult = { slowestMs: 0, withWaitingMs: 0 };
let isDone = false;
parentPort!.once('message', () => {
  isDone = true;
});
while (!isDone) {
  const [since, waitedBefore] = [performance.now(), waitedMs()];
  const answer = await fetch(`${baseUrl}/readyz`);
  await answer.text();
  if (answer.status !== 200) throw new Error(`/readyz answered ${answer.status}`);
  const ms = performance.now() - since;
  slowest.withWaitingMs = Math.max(slowest.withWaitingMs, ms);
  slowest.slowestMs = Math.max(slowest.slowestMs, ms - (waitedMs() - waitedBefore));
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
parentPort!.postMessage(slowest);

/** How long the server's main thread and this one have waited for a processor so far. */
function waitedMs(): number {
  return waitOf(`/proc/${pid}/task/${pid}/schedstat`) + waitOf('/proc/thread-self/schedstat');
}

function waitOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[1]) / 1_000_000;
  } catch {
    return 0;
  }
}
