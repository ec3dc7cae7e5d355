/** Rows 19 to 21: what devices say comes twice, out of order, late, or its PUBACK never arrives. */
import assert from 'node:assert/strict';
import { AlinkDevice, type Offer } from '../support/alink-device.ts';
import { confirming, LeanDevice } from '../support/lean-device.ts';
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
import { cuttingRelay } from './relay.ts';

const DEVICES = 6;
const VERSIONS = 4;
/** Words of a device, more of them than it may send in one burst would be refused. */
const WORDS = 120;
const LATE_CODE = 100_001;
const CUTS = 4;

const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };

export const reportsShuffled: Fault = {
  row: 20,
  name: 'reports',
  fault:
    'reports come many times, out of order, late, for older and unknown pushes, and before there was any (rows 19 and 20)',
  promise: 'each is counted once, an old one moves nothing back, the final state is the highest version',
  done: '6 devices are pushed 4 versions, keep silent, and then each send 120 shuffled confirmations and refusals of all of them; the confirmation of the newest comes at a random place',
  shortForm: { test: 'journey/late-and-twice.test.ts' },
  async run(run) {
    await using server = await startTestServer({ environment });
    const { admin } = server;
    const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
    const identities = await createDevices(admin, productKey, numbered('lamp', DEVICES));
    await using stack = new AsyncDisposableStack();
    const devices = await Promise.all(
      identities.map(async (identity) => stack.use(await AlinkDevice.connect(server.mqttPort, identity))),
    );
    await untilOnline(admin, productKey, DEVICES);
    for (const device of devices) await device.reply('1', 200);
    const offers = new Map<AlinkDevice, Offer[]>(devices.map((device) => [device, []]));
    const rollouts: number[] = [];
    for (let number = 1; number <= VERSIONS; number += 1) {
      await admin.saveVersion(productKey, JSON.stringify({ number }));
      rollouts.push((await server.push(productKey, number)).id);
      for (const device of devices) offers.get(device)!.push(await device.nextPush());
    }
    await Promise.all(devices.map((device) => sayEverything(run, device, offers.get(device)!)));
    await checkCounted(server, devices, rollouts);
  },
};

/** Anything about any push, in any order; about the newest only the confirmation, many times. */
async function sayEverything(run: FaultRun, device: AlinkDevice, offers: readonly Offer[]): Promise<void> {
  const newest = offers.at(-1)!;
  const words = Array.from({ length: WORDS }, () => run.random(offers.length));
  words.splice(run.random(WORDS), 0, offers.length - 1);
  await Promise.all(
    words.map((index) => {
      const { id, sign } = offers[index]!;
      if (offers[index] !== newest && run.random(2) === 0)
        return device.reply(id, LATE_CODE, { message: 'an old refusal' });
      return device.reply(id, 200, { data: { configVersion: index + 1, sign } });
    }),
  );
}

async function checkCounted(
  { admin }: TestServer,
  devices: readonly AlinkDevice[],
  rollouts: readonly number[],
): Promise<void> {
  const [newest, ...older] = rollouts.toReversed();
  assert.deepEqual(reached(await untilEnded(admin, newest!)), { applied: DEVICES });
  for (const id of older) {
    const rollout = await findRollout(admin, id);
    const total = Object.values(reached(rollout)).reduce((sum, count) => sum + count, 0);
    assert.deepEqual([rollout.state, total, rollout.open], ['superseded', DEVICES, 0]);
  }
  for (const id of rollouts) {
    const names = (await listDeliveries(admin, id)).map(({ deviceName }) => deviceName);
    assert.equal(new Set(names).size, DEVICES);
    assert.equal(names.length, DEVICES);
  }
  for (const { identity } of devices) {
    const { confirmedVersion, lastError } = await findDevice(admin, identity);
    assert.deepEqual([confirmedVersion, lastError], [VERSIONS, null], identity.deviceName);
  }
}

export const pubackLost: Fault = {
  row: 21,
  name: 'puback',
  fault: 'the connection breaks between a report and its PUBACK',
  promise: 'the report is stored, the device repeats it, and it is there once',
  done: 'a relay between 6 devices and the server swallows each first PUBACK and cuts the connection, 4 rollouts long',
  shortForm: { test: 'journey/late-and-twice.test.ts' },
  async run({ say }) {
    await using server = await startTestServer({ environment });
    const { admin } = server;
    const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
    const identities = await createDevices(admin, productKey, numbered('lamp', DEVICES));
    await using relay = await cuttingRelay(server.mqttPort);
    const fleet = identities.map((identity) =>
      new LeanDevice({ identity, port: relay.port, behaviour: confirming }).start(),
    );
    try {
      await untilOnline(admin, productKey, DEVICES);
      for (let number = 1; number <= CUTS; number += 1) {
        const { sha256 } = await admin.saveVersion(productKey, JSON.stringify({ number }));
        relay.cutNext(DEVICES);
        const { id } = await server.push(productKey, number);
        await until('every report is acknowledged in the end', () =>
          fleet.every(({ pushes, acknowledgedReplies }) =>
            pushes.some((push) => push.sign === sha256 && acknowledgedReplies.includes(push.id)),
          ),
        );
        const ended = await untilEnded(admin, id);
        assert.deepEqual([reached(ended), relay.left], [{ applied: DEVICES }, 0]);
        assert.equal((await listDeliveries(admin, id)).length, DEVICES);
      }
      assert.equal(relay.cuts, CUTS * DEVICES);
      for (const { pushes } of fleet)
        assert.equal(new Set(pushes.map(({ id }) => id)).size, pushes.length, 'an attempt came twice');
      say(`${relay.cuts} PUBACKs swallowed`);
    } finally {
      for (const device of fleet) device.stop();
    }
  },
};
