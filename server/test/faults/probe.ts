/** A worker that asks a server for its health again and again, on a thread that nothing else delays. */
import { parentPort, workerData } from 'node:worker_threads';

const EVERY_MS = 10;

let isDone = false;
let slowestMs = 0;
parentPort!.once('message', () => {
  isDone = true;
});
while (!isDone) {
  const since = performance.now();
  const answer = await fetch(`${workerData}/readyz`);
  await answer.text();
  if (answer.status !== 200) throw new Error(`/readyz answered ${answer.status}`);
  slowestMs = Math.max(slowestMs, performance.now() - since);
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
parentPort!.postMessage(slowestMs);
