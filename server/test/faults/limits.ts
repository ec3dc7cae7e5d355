/** Row 38: few descriptors, little memory, and many who come. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { KillBench } from '../support/kill-bench.ts';
import { until } from '../support/test-server.ts';
import { demandProgram, type Fault } from './fault.ts';
import { Ledger } from './ledger.ts';

const FLEET = 5;
const DESCRIPTORS = 256;
const CROWD = 400;
/** For the memory: connections that send a part of a request each and wait. */
const SLOW_DEVICES = 1_000;
const SLOW_REQUESTS = 100;
const MEMORY_KIB = 256 * 1024;
/** Node gives itself about so much heap in a group of 256 MB. */
const HEAP_MIB = 128;
const CROWDS = 3;
const SETTLED = 1.2;
const SAMPLE_EVERY_MS = 20;
/** 4,000 bytes are announced: protocol name, level, flags, keep-alive, and a client id that goes on. */
const HALF_CONNECT = Buffer.concat([
  Buffer.from([0x10, 0xa0, 0x1f, 0, 4]),
  Buffer.from('MQTT'),
  Buffer.from([4, 2, 0, 60, 0x0f, 0x00]),
  Buffer.alloc(3_000, 'x'),
]);
const HALF_REQUEST = `POST /api/v1/session HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(100_000)}`;

export const fewDescriptors: Fault = {
  row: 38,
  name: 'descriptors',
  fault: '`ulimit -n 256` and 400 connections',
  promise:
    'who is one too many is refused with a log line; who is connected, people and probes are served; no crash',
  done: '400 connections without a word beside 5 devices that are pushed to meanwhile; then the crowd leaves and a device comes back',
  shortForm: 'quick',
  async run({ say }) {
    const wrapper = [demandProgram('prlimit'), `--nofile=${DESCRIPTORS}`];
    await using bench = await KillBench.start({ wrapper });
    await bench.addFleet(FLEET);
    const ledger = new Ledger();
    await using crowd = await gather(bench.server.mqttPort, CROWD);
    await until('the log names the limit', () =>
      bench.server.lines.some((line) => line.includes('ran into a limit')),
    );
    assert.equal((await fetch(`${bench.server.baseUrl}/readyz`)).status, 200);
    await roundTrip(bench, ledger);
    say(`${crowd.closed} of ${CROWD} refused`);
    assert.ok(crowd.closed > 0 && crowd.closed < CROWD);
    await crowd[Symbol.asyncDispose]();
    bench.fleet[0]!.stop();
    bench.fleet[0]!.start();
    await until('a device is let in again', () => bench.fleet[0]!.isConnected);
    await roundTrip(bench, ledger);
    await ledger.check(bench);
  },
};

export const littleMemory: Fault = {
  row: 38,
  name: 'memory',
  fault: '256 MB of memory, 1,000 connections and 100 requests that stay unfinished',
  promise:
    'the server stays within it and serves its devices meanwhile; a crowd that comes again takes no more',
  done: 'three crowds one after another; its own resident memory is looked at every 20 ms and held against 256 MB (measured, not enforced: a control group needs rights over the machine), with the heap that Node would give itself there',
  shortForm: { test: 'mqtt/hostile.test.ts' },
  async run({ say }) {
    const environment = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` };
    await using bench = await KillBench.start({ environment });
    await bench.addFleet(FLEET);
    const ledger = new Ledger();
    await roundTrip(bench, ledger);
    const samples: number[] = [];
    const timer = setInterval(() => samples.push(memoryOf(bench)), SAMPLE_EVERY_MS);
    const after: number[] = [];
    try {
      for (let crowd = 0; crowd < CROWDS; crowd += 1) {
        await crowdIn(bench, ledger);
        await roundTrip(bench, ledger);
        after.push(memoryOf(bench));
      }
    } finally {
      clearInterval(timer);
    }
    const peak = Math.max(...samples);
    say(`${mib(peak)} MB at most; after each crowd ${after.map(mib).join(', ')} MB`);
    assert.ok(peak <= MEMORY_KIB, `${mib(peak)} MB`);
    assert.ok(after.at(-1)! <= after[0]! * SETTLED, 'each crowd leaves something behind');
    await ledger.check(bench);
  },
};

/** Half a CONNECT and half a request from each, and the server's own work beside. */
async function crowdIn(bench: KillBench, ledger: Ledger): Promise<void> {
  const { mqttPort, httpPort } = bench.server;
  await using devices = await gather(mqttPort, SLOW_DEVICES, HALF_CONNECT);
  await using requests = await gather(httpPort, SLOW_REQUESTS, HALF_REQUEST);
  await roundTrip(bench, ledger);
  assert.deepEqual([devices.closed, requests.closed], [0, 0], 'the crowd was not there');
}

/** A save, a push, and everyone runs it. */
async function roundTrip(bench: KillBench, ledger: Ledger): Promise<void> {
  const version = (await ledger.save(bench))!;
  await bench.untilAllRun(version.sha256, (await ledger.push(bench, version.number))!);
}

type Crowd = AsyncDisposable & { readonly closed: number };

/** Connections that say this and nothing more. Resolves when each is open or was closed. */
async function gather(port: number, count: number, words: string | Buffer = ''): Promise<Crowd> {
  let closed = 0;
  const open = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        if (words.length > 0) socket.write(words, () => resolve(socket));
        else resolve(socket);
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        closed += 1;
        resolve(socket);
      });
    });
  const sockets = await Promise.all(Array.from({ length: count }, open));
  return {
    get closed() {
      return closed;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What only this process holds. Pages of files, such as Node's own code, are the kernel's to take back. */
function memoryOf({ server }: KillBench): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)![1]);
}

const mib = (kib: number) => Math.round(kib / 1024);
