/** Rows 30 and 31: a network that carries nothing for a while and tells nobody, and one that is slow and narrow. */
import assert from 'node:assert/strict';
import { type SdkDevice, startSdkDevice } from '../support/sdk-device.ts';
import {
  createDevices,
  createProduct,
  findDevice,
  findRollout,
  listDeliveries,
  numbered,
  reached,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import type { Fault, FaultRun } from './fault.ts';
import { FAST, type Network, networkTo, type Road } from './network.ts';

const KEEP_ALIVE_SECONDS = 30;
/** One and a half keep-alives, and the server's own second between two looks. */
const NOTICED_WITHIN_MS = KEEP_ALIVE_SECONDS * 1_500 + 2_000;
const HEALED_WITHIN_MS = 60_000;
const CONTENT_CHARS = 20_000;

const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8', OPENCOTA_KEEP_ALIVE_MIN: '30' };

type Scene = AsyncDisposable & {
  server: TestServer;
  productKey: string;
  networks: readonly Network[];
  downloads: Network;
  devices: readonly SdkDevice[];
  names: readonly string[];
};

/** A server, and a device with our own SDK behind each of some networks; their downloads share one more. */
async function set(count: number, road: Road = FAST): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  let httpPort = 0;
  const downloads = stack.use(await networkTo(() => httpPort, road));
  const server = stack.use(
    await startTestServer({
      environment: { ...environment, OPENCOTA_PUBLIC_URL: `http://127.0.0.1:${downloads.port}` },
    }),
  );
  httpPort = server.app.httpPort;
  const { productKey } = await createProduct(server.admin, { doneWhen: 'applied' });
  const names = numbered('lamp', count);
  const identities = await createDevices(server.admin, productKey, names);
  const networks: Network[] = [];
  const devices: SdkDevice[] = [];
  for (const identity of identities) {
    const network = stack.use(await networkTo(() => server.mqttPort, road));
    networks.push(network);
    const options = { keepAliveSeconds: KEEP_ALIVE_SECONDS };
    devices.push(stack.use(await startSdkDevice(network.port, identity, () => {}, options)));
  }
  await untilOnline(server.admin, productKey, count);
  const dispose = () => stack.disposeAsync();
  return { server, productKey, networks, downloads, devices, names, [Symbol.asyncDispose]: dispose };
}

const contentOf = (edition: number) => JSON.stringify({ edition, padding: 'x'.repeat(CONTENT_CHARS) });

export const partition: Fault = {
  row: 30,
  name: 'partition',
  fault: 'the network carries nothing any more, both ways or one way, and no end is told of it',
  promise: 'no false success; who is silent is offline within one and a half keep-alives; it heals by itself',
  done: 'three devices are cut off, one both ways, one from what the server says, one from being heard, with all downloads, before a push; when the silent ones count as offline everything passes again',
  shortForm: { test: 'mqtt/sweep.test.ts' },
  async run({ say }: FaultRun) {
    await using scene = await set(3);
    const { server, productKey, networks, downloads } = scene;
    const [both, deaf, mute] = networks as [Network, Network, Network];
    both.shut({ toDevice: true, toServer: true });
    deaf.shut({ toDevice: true, toServer: false });
    mute.shut({ toDevice: false, toServer: true });
    downloads.shut({ toDevice: true, toServer: true });
    const since = performance.now();
    await server.admin.saveVersion(productKey, contentOf(1));
    const { id } = await server.push(productKey, 1);
    await until('the silent ones are offline', () => areOffline(scene, id), NOTICED_WITHIN_MS);
    say(`noticed after ${((performance.now() - since) / 1_000).toFixed(1)} s`);
    for (const network of [...networks, downloads]) network.heal();
    await checkHealed(scene, id);
  },
};

/** Who is heard though it hears nothing is online, rightly. Until then nothing may count as done. */
async function areOffline({ server, productKey, names }: Scene, id: number): Promise<boolean> {
  const { applied, downloaded } = (await findRollout(server.admin, id)).counters;
  assert.deepEqual({ applied, downloaded }, { applied: 0, downloaded: 0 });
  const [both, , mute] = names as [string, string, string];
  const silent = await Promise.all(
    [both, mute].map((deviceName) => findDevice(server.admin, { productKey, deviceName })),
  );
  return silent.every(({ online }) => !online);
}

async function checkHealed({ server, devices }: Scene, id: number): Promise<void> {
  const ended = await untilEnded(server.admin, id, HEALED_WITHIN_MS);
  assert.deepEqual([ended.state, reached(ended)], ['completed', { applied: devices.length }]);
  assert.equal((await listDeliveries(server.admin, id)).length, devices.length);
  for (const { applied } of devices)
    assert.deepEqual(
      applied.map(({ text, version }) => ({ text, version })),
      [{ text: contentOf(1), version: 1 }],
    );
}

export const narrow: Fault = {
  row: 31,
  name: 'narrow',
  fault: 'every fifth piece comes late, 64 kbit/s, 2 s each way',
  promise: 'slower and correct: every device has the whole content, once',
  done: 'five devices on such a network are pushed 20 KB',
  shortForm: { test: 'mqtt/segmentation.test.ts' },
  async run({ random, say }: FaultRun) {
    const lossMs = () => (random(5) === 0 ? 1_000 : 0);
    await using scene = await set(5, { latencyMs: 2_000, bytesPerSecond: 8_000, lossMs });
    const { server, productKey } = scene;
    await server.admin.saveVersion(productKey, contentOf(1));
    const since = performance.now();
    const { id } = await server.push(productKey, 1);
    await checkHealed(scene, id);
    say(`done after ${((performance.now() - since) / 1_000).toFixed(1)} s`);
  },
};
