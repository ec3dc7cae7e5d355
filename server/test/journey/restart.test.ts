/** Stopping, pausing and starting the server's process: faults 3, 4 and 15, as an operator meets them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AlinkDevice } from '../support/alink-device.ts';
import { KillBench } from '../support/kill-bench.ts';
import { runCommand, ServerProcess } from '../support/server-process.ts';
import { createDevice, createProduct, findDevice, untilEnded } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';

const FLEET = 30;
const STOP_WITHIN_MS = 10_000;
const PAUSE_MS = 2_500;

const directories: string[] = [];
after(() => Promise.all(directories.map((dir) => rm(dir, { recursive: true, force: true }))));

async function newDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-restart-'));
  directories.push(dir);
  return dir;
}

/** A request whose body is held back until `finish`; its answer's text. */
function slowRequest(port: number, path: string, token: string, body: string) {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const head = `POST /api/v1${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.write(head + body.slice(0, 1));
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
  return { answered, finish: () => socket.write(body.slice(1)) };
}

test('SIGTERM in the middle of a push: what is under way is answered, code 0, and the next server goes on', async () => {
  await using bench = await KillBench.start();
  await bench.addFleet(FLEET);
  const version = await bench.save();
  const { httpPort, lines } = bench.server;
  const note = JSON.stringify({ name: 'Made while stopping' });
  const underWay = slowRequest(httpPort, '/products', bench.admin.token, note);
  let ended: ReturnType<ServerProcess['terminate']> | undefined;
  const stopped = bench.at('push', 1, () => {
    ended = bench.server.terminate();
  });
  const rollout = await bench.push(version.number);
  await stopped;
  await until('it says that it stops', () => lines.some((line) => line.startsWith('stopping')));
  underWay.finish();
  assert.match(await underWay.answered, /^HTTP\/1\.1 201 /);
  const { code, ms } = await ended!;
  assert.equal(code, 0);
  assert.ok(ms < STOP_WITHIN_MS, `it took ${ms} ms`);

  await bench.restart();
  await bench.untilAllRun(version.sha256, rollout.id);
  bench.assertNoAttemptTwice();
  const products = (await bench.admin.get('/products')).body.items;
  assert.ok(products.some(({ name }: { name: string }) => name === 'Made while stopping'));
  const again = await bench.server.terminate();
  assert.ok(again.code === 0 && again.ms < STOP_WITHIN_MS, `${again.code} after ${again.ms} ms`);
});

test('a server that stood still for seconds in the middle of a push doubles nothing when it goes on', async () => {
  await using bench = await KillBench.start();
  await bench.addFleet(FLEET);
  const version = await bench.save();
  const paused = bench.at('push', 5, () => bench.server.signal('SIGSTOP'));
  const pushing = bench.admin.post(`/products/${bench.productKey}/rollouts`, {
    version: version.number,
    attemptTimeoutSeconds: 1,
  });
  await paused;
  // The pause itself is what is tested: longer than an attempt may take.
  await delay(PAUSE_MS);
  bench.server.signal('SIGCONT');
  const { id } = (await pushing).body;
  await bench.untilAllRun(version.sha256, id);
  await untilEnded(bench.admin, id);
  bench.assertNoAttemptTwice();
  const pushes = bench.fleet.map((device) => device.pushes.length);
  assert.ok(
    pushes.every((count) => count <= 2),
    `pushes: ${pushes.join(' ')}`,
  );
});

test('a second server on the same directory refuses to start and says why; the first is not disturbed', async () => {
  const dir = await newDirectory();
  await using first = await ServerProcess.start({ dir });
  const second = await runCommand(['serve'], { dir });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /Another server is using this data directory/);
  assert.ok(!second.stderr.includes('    at '), 'a message, not a stack');
  assert.equal((await fetch(`${first.baseUrl}/readyz`)).status, 200);
  const restored = await runCommand(['restore', '--from', join(dir, 'opencota.db')], { dir });
  assert.equal(restored.code, 1, 'nor is a store replaced under a running server');
});

test('a taken port and a wrong secret key stop the start with a message that names the setting', async () => {
  const dir = await newDirectory();
  const first = await ServerProcess.start({ dir });
  const taken = await runCommand(['serve'], { dir: await newDirectory(), httpPort: first.httpPort });
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /OPENCOTA_HTTP_PORT/);
  await first.terminate();
  const environment = { OPENCOTA_SECRET_KEY: 'ab'.repeat(32) };
  const wrong = await runCommand(['serve'], { dir, environment });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /secret key is not the one/);
  await using right = await ServerProcess.start({ dir });
  assert.equal((await fetch(`${right.baseUrl}/readyz`)).status, 200);
});

test('SIGTERM while a device downloads slowly: it gets the whole file, and the server remembers that it did', async () => {
  const dir = await newDirectory();
  const first = await ServerProcess.start({ dir });
  const admin = await first.signIn();
  const { productKey } = await createProduct(admin, { configBytesMax: 1_048_576 });
  const identity = await createDevice(admin, productKey);
  const content = JSON.stringify({ text: 'x'.repeat(1_000_000) });
  await admin.saveVersion(productKey, content);
  const device = await AlinkDevice.connect(first.mqttPort, identity);
  const url = new URL((await device.get()).data.url!);
  const socket = connect({ host: '127.0.0.1', port: first.httpPort });
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  const ended = first.terminate();
  await until('it says that it stops', () => first.lines.some((line) => line.startsWith('stopping')));
  socket.resume();
  await once(socket, 'close');
  assert.ok(bytes > content.length, `${bytes} bytes came`);
  assert.equal((await ended).code, 0);
  await using second = await first.restart();
  const { downloadedVersion } = await findDevice(second.client(admin.token), identity);
  assert.equal(downloadedVersion, 1);
});
