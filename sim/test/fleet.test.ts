/** Each behaviour of a simulated device, against a small server of our own on real sockets. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Behaviour } from '../src/behaviour.ts';
import { createFleet, type Fleet } from '../src/simulate.ts';
import { type FakeServer, PRODUCT_KEY, SECRET, startFakeServer } from './support/fake-server.ts';

const WAIT_MS_MAX = 5_000;

type Bench = AsyncDisposable & { server: FakeServer; fleet: Fleet; names: string[] };

/** A server and one connected device for each behaviour. */
async function startBench(...behaviours: Behaviour[]): Promise<Bench> {
  const server = await startFakeServer();
  const devices = behaviours.map((behaviour, index) => ({
    productKey: PRODUCT_KEY,
    deviceName: `device-${index + 1}`,
    deviceSecret: SECRET,
    behaviour,
  }));
  const reconnect = { minMs: 10, maxMs: 20 };
  const fleet = createFleet({ mqttUrl: server.mqttUrl, devices, seed: 1, requestJitterMs: 0, reconnect });
  fleet.start();
  await fleet.until('all are online', ({ online }) => online === fleet.punctualCount, WAIT_MS_MAX);
  return {
    server,
    fleet,
    names: fleet.deviceNames(),
    async [Symbol.asyncDispose]() {
      await fleet.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}

const happened = (fleet: Fleet, type: keyof ReturnType<Fleet['counts']>['events'], times: number) =>
  fleet.until(`${type} ${times} times`, ({ events }) => events[type] >= times, WAIT_MS_MAX);

const repliesOf = ({ published }: FakeServer) =>
  published.filter(({ topic }) => topic.endsWith('/push_reply'));

/** Pushes to the first device and waits for its reply. */
async function replyTo(bench: Bench, id: string): Promise<Record<string, unknown>> {
  bench.server.push(bench.names[0]!, { id, version: 3 });
  await happened(bench.fleet, 'replyTaken', 1);
  const replies = repliesOf(bench.server);
  assert.equal(replies.length, 1);
  return replies[0]!.body;
}

describe('a good device', () => {
  it('proves itself with an HMAC-SHA256, announces the extension and subscribes its two topics', async () => {
    await using bench = await startBench({ kind: 'good' });
    const { clientId, username, password } = bench.server.connects[0]!;
    const [id, parameters = ''] = clientId.split('|');
    assert.match(parameters, /\b_oc=1\b/);
    const timestamp = /timestamp=(\d+)/.exec(parameters)![1];
    const content = `clientId${id}deviceNamedevice-1productKey${PRODUCT_KEY}timestamp${timestamp}`;
    assert.equal(username, `device-1&${PRODUCT_KEY}`);
    assert.equal(String(password), createHmac('sha256', SECRET).update(content).digest('hex'));
    const config = `/sys/${PRODUCT_KEY}/device-1/thing/config`;
    assert.deepEqual(bench.server.subscriptions, [`${config}/get_reply`, `${config}/push`]);
  });

  it('asks after connecting and takes no for an answer', async () => {
    await using bench = await startBench({ kind: 'good' });
    await happened(bench.fleet, 'refused', 1);
    assert.equal(bench.server.published[0]!.body.method, 'thing.config.get');
    assert.deepEqual(
      bench.fleet.log('device-1').map(({ type }) => type),
      ['connected', 'requested', 'refused'],
    );
  });

  it('acknowledges a push, downloads, applies and confirms with what it runs', async () => {
    await using bench = await startBench({ kind: 'good' });
    const reply = await replyTo(bench, '42');
    const running = bench.fleet.running('device-1')!;
    assert.deepEqual(bench.server.pubacks, [1]);
    assert.equal(running.version, 3);
    assert.deepEqual([reply.id, reply.code], ['42', 200]);
    assert.deepEqual(reply.data, { configVersion: 3, sign: running.sha256 });
  });

  it('confirms the running version again without fetching it, and refuses a lower one', async () => {
    await using bench = await startBench({ kind: 'good' });
    await replyTo(bench, '1');
    bench.server.push('device-1', { id: '2', version: 3 });
    await happened(bench.fleet, 'replyTaken', 2);
    bench.server.push('device-1', { id: '3', version: 2, sha256: '0'.repeat(64) });
    await happened(bench.fleet, 'replyTaken', 3);
    assert.deepEqual(
      repliesOf(bench.server).map(({ body }) => body.code),
      [200, 200, 100005],
    );
    assert.equal(bench.server.downloads.length, 1);
  });

  it('repeats a reply that was not acknowledged in its next session', async () => {
    await using bench = await startBench({ kind: 'good' });
    bench.server.isAcknowledging = false;
    bench.server.push('device-1', { id: '7', version: 1 });
    await happened(bench.fleet, 'replied', 1);
    bench.server.isAcknowledging = true;
    bench.fleet.cut('device-1');
    await happened(bench.fleet, 'replyTaken', 1);
    assert.ok(repliesOf(bench.server).length >= 2);
    assert.ok(repliesOf(bench.server).every(({ body }) => body.id === '7' && body.code === 200));
    assert.equal(bench.server.downloads.length, 1);
  });

  it('numbers what it lived through without a gap', async () => {
    await using bench = await startBench({ kind: 'good' });
    await replyTo(bench, '1');
    const numbers = bench.fleet.log('device-1').map(({ n }) => n);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });
});

describe('a device with a fault', () => {
  const cases: { behaviour: Behaviour; code: number; message: RegExp }[] = [
    { behaviour: { kind: 'failing', message: 'too hot' }, code: 100011, message: /^too hot$/ },
    { behaviour: { kind: 'reverting', message: 'too cold' }, code: 100010, message: /^too cold$/ },
    { behaviour: { kind: 'digest' }, code: 100002, message: /SHA-256/ },
  ];
  for (const { behaviour, code, message } of cases) {
    it(`replies ${code} with its reason and goes on running what it had (${behaviour.kind})`, async () => {
      await using bench = await startBench(behaviour);
      const reply = await replyTo(bench, '5');
      assert.equal(reply.code, code);
      assert.match(String(reply.message), message);
      assert.equal(bench.fleet.running('device-1'), undefined);
    });
  }

  it('resumes a download that breaks, from where it broke (lossy)', async () => {
    await using bench = await startBench({ kind: 'lossy', drops: 2 });
    const reply = await replyTo(bench, '6');
    assert.equal(reply.code, 200);
    const ranges = bench.server.downloads.map(({ headers }) => headers.range);
    assert.equal(ranges.length, 3);
    assert.equal(ranges[0], undefined);
    assert.ok(Number(/\d+/.exec(ranges[2]!)![0]) > Number(/\d+/.exec(ranges[1]!)![0]));
  });

  it('drops its connection and comes back (flapping)', async () => {
    await using bench = await startBench({ kind: 'flapping', everyMs: 1 });
    await happened(bench.fleet, 'connected', 2);
  });
});

describe('a device that says little', () => {
  it('downloads and applies without a word (silent), or only acknowledges (mute), or is not there (offline)', async () => {
    await using bench = await startBench({ kind: 'silent' }, { kind: 'mute' }, { kind: 'offline' });
    for (const name of ['device-1', 'device-2']) bench.server.push(name, { id: '9', version: 1 });
    await happened(bench.fleet, 'applied', 1);
    await happened(bench.fleet, 'offered', 2);
    assert.equal(bench.server.downloads.length, 1);
    assert.equal(repliesOf(bench.server).length, 0);
    assert.deepEqual(bench.fleet.log('device-3'), []);
    assert.equal(bench.fleet.running('device-2'), undefined);
  });

  it('is an old Link SDK: no extension, no subscription, its odd request, a range, no reply', async () => {
    await using bench = await startBench(
      { kind: 'linkSdk', requestId: '123' },
      { kind: 'linkSdk', requestId: 0 },
    );
    await happened(bench.fleet, 'requested', 2);
    bench.server.push('device-1', { id: '9' });
    await happened(bench.fleet, 'applied', 1);
    assert.deepEqual(bench.server.subscriptions, []);
    assert.ok(bench.server.connects.every(({ clientId }) => !clientId.includes('_oc=')));
    const requests = bench.server.published.map(({ text }) => text).sort();
    const params = '"params":{"configScope":"product","getType":"file"}';
    assert.deepEqual(requests, [`{"id":"123",${params}}`, `{"id":0,${params}}`]);
    assert.equal(bench.server.downloads[0]!.headers.range, 'bytes=0-');
    assert.equal(repliesOf(bench.server).length, 0);
  });

  it('cannot download, as an old Link SDK, when Content-Length is spelt in another way', async () => {
    await using bench = await startBench({ kind: 'linkSdk', requestId: '123' });
    bench.server.push('device-1', { id: '9', spelling: 'lower' });
    await happened(bench.fleet, 'notApplied', 1);
    const entry = bench.fleet.log('device-1').find(({ type }) => type === 'notApplied');
    assert.ok(entry?.type === 'notApplied');
    assert.match(entry.message, /Content-Length/);
  });
});
