/** Row 14, milder: the disk does not fail, it only takes its time, as a worn card or a busy neighbour makes it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlinkDevice } from '../support/alink-device.ts';
import { KillBench } from '../support/kill-bench.ts';
import { createDevice, createProduct, untilEnded } from '../support/test-product.ts';
import type { Fault } from './fault.ts';
import { Ledger } from './ledger.ts';
import { SYNCS, slowing } from './strace.ts';

const FLEET = 5;
const SYNC_MS = 1_000;
/** A push waits for a dozen syncs, one after another. */
const SYNC_QUICK_MS = 300;
const ENDED_WITHIN_MS = 60_000;
/** A device that asked more often would be put off. */
const PAUSE_MS = 500;

export const slowDisk: Fault = {
  row: 14,
  name: 'slow-disk',
  fault: 'every sync of the store takes a second',
  promise:
    'saves and pushes take longer, and nothing else does: requests of devices and reads are answered in less time than one sync',
  done: 'a push to 5 devices, paused and resumed on its way, with every fsync of the server held up for a second; a device, a reader and a probe ask until it has ended',
  shortForm: 'quick',
  async run({ isQuick, say }) {
    const syncMs = isQuick ? SYNC_QUICK_MS : SYNC_MS;
    await using bench = await KillBench.start();
    await bench.addFleet(FLEET);
    const ledger = new Ledger();
    const version = (await ledger.save(bench))!;
    const { productKey } = await createProduct(bench.admin);
    const stranger = await createDevice(bench.admin, productKey);
    await using device = await AlinkDevice.connect(bench.server.mqttPort, stranger);
    const over = new AbortController();
    let waits: number[];
    {
      await using _slow = await slowing(bench.server.pid, SYNCS, syncMs);
      const pushed = pushAndEnd(bench, ledger, version.number).finally(() => over.abort());
      [, waits] = await Promise.all([pushed, askAgainAndAgain(bench, device, over.signal)]);
    }
    const longestMs = Math.round(Math.max(...waits));
    say(`${waits.length} rounds of questions; the longest answer took ${longestMs} ms, a sync ${syncMs} ms`);
    assert.ok(longestMs < syncMs, `somebody waited ${longestMs} ms`);
    await ledger.check(bench);
  },
};

async function pushAndEnd(bench: KillBench, ledger: Ledger, version: number): Promise<void> {
  const id = (await ledger.push(bench, version))!;
  for (const action of ['pause', 'resume']) await bench.act(id, action);
  await untilEnded(bench.admin, id, ENDED_WITHIN_MS);
}

/**
 * What a device asks over MQTT, what a person reads, and what a probe wants to know. @returns milliseconds, the
 * longest of each round.
 */
async function askAgainAndAgain(
  { admin, productKey, server }: KillBench,
  device: AlinkDevice,
  over: AbortSignal,
): Promise<number[]> {
  const waits: number[] = [];
  while (!over.aborted) {
    const round = [
      timed(device.get()),
      timed(admin.get(`/products/${productKey}/versions/1/content`)),
      timed(fetch(`${server.baseUrl}/readyz`).then((answer) => answer.text())),
    ];
    waits.push(Math.max(...(await Promise.all(round))));
    await sleep(PAUSE_MS);
  }
  return waits;
}

async function timed(work: Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work;
  return performance.now() - since;
}
