/** Row 17: the wall clock is set, several times, in the middle of a rollout and of a cool-down. */
import assert from 'node:assert/strict';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { LeanDevice } from '../support/lean-device.ts';
import { createTestTime, type TestTime } from '../support/test-clock.ts';
import {
  createDevices,
  createProduct,
  findRollout,
  numbered,
  reached,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, TEST_PASSWORD, type TestServer, until } from '../support/test-server.ts';
import type { Fault, FaultRun } from './fault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const JUMPS_MS = [31 * MINUTE_MS, 40 * DAY_MS, -2 * HOUR_MS, -40 * DAY_MS, 6 * HOUR_MS];
const FLEET = 20;
const ROUNDS = 4;
const COOL_DOWN_SECONDS = 3_600;

export const clockSet: Fault = {
  row: 17,
  name: 'clock',
  fault: 'the wall clock is set by +31 min, +40 d, -2 h and others, twice in each of several rollouts',
  promise:
    'no rollout is stuck, ended early or doubled; versions are ordered by number; the cool-down is neither dodged nor endless',
  done: 'a server in this process whose two clocks are moved apart (a machine has one wall clock, which is left alone), 20 devices of which half come after the jumps',
  shortForm: { test: 'journey/clock-jumps.test.ts' },
  async run(run) {
    const time = createTestTime();
    const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };
    await using server = await startTestServer({ time, environment });
    for (let round = 0; round < ROUNDS; round += 1) await rolloutAcross(run, server, time);
    await coolDownAcross(run, server, time);
  },
};

/** A person's session may die of a jump, as it should; then they sign in again. */
async function jump({ baseUrl }: TestServer, time: TestTime, ms: number): Promise<ApiClient> {
  time.jumpWall(ms);
  const person = { username: 'admin', password: TEST_PASSWORD };
  const session = await createApiClient(baseUrl).post('/session', person);
  assert.equal(session.status, 201, session.text);
  return createApiClient(baseUrl, session.body.token);
}

async function push(admin: ApiClient, productKey: string, version: number): Promise<number> {
  const body = { version, deadlineSeconds: 3_600 };
  const answer = await admin.post(`/products/${productKey}/rollouts`, body);
  assert.equal(answer.status, 202, answer.text);
  return answer.body.id;
}

async function rolloutAcross(run: FaultRun, server: TestServer, time: TestTime): Promise<void> {
  let admin = await jump(server, time, 0);
  const { productKey } = await createProduct(admin);
  const identities = await createDevices(admin, productKey, numbered('lamp', FLEET));
  const fleet = identities.map((identity) => new LeanDevice({ identity, port: server.mqttPort }));
  const half = FLEET / 2;
  const jumps = [jumpOf(run), jumpOf(run)] as const;
  try {
    for (const device of fleet.slice(0, half)) device.start();
    await untilOnline(admin, productKey, half);
    const first = await admin.saveVersion(productKey, '{"v":1}');
    const id = await push(admin, productKey, first.number);
    const moment = 1 + run.random(half);
    const seen = () => fleet.filter(({ pushes }) => pushes.length > 0).length;
    await until('the push has begun', () => seen() >= moment);
    admin = await jump(server, time, jumps[0]);
    await until('the first half is done', async () => {
      // Links that a jump killed are handed out afresh when their attempts have run out.
      time.pass(5_000);
      await turn(server);
      return (await findRollout(admin, id)).counters.applied === half;
    });
    assert.equal((await findRollout(admin, id)).state, 'running', 'the others are still waited for');
    admin = await jump(server, time, jumps[1]);
    for (const device of fleet.slice(half)) device.start();
    assert.deepEqual(reached(await untilEnded(admin, id)), { applied: FLEET });
    const next = await admin.saveVersion(productKey, '{"v":2}');
    assert.equal(next.number, first.number + 1);
    const again = await push(admin, productKey, next.number);
    assert.deepEqual(reached(await untilEnded(admin, again)), { applied: FLEET });
    for (const { identity, pushes, runs } of fleet) {
      const ids = pushes.map((each) => each.id);
      assert.equal(new Set(ids).size, ids.length, `${identity.deviceName} saw ${ids.join(' ')}`);
      assert.equal(runs, next.sha256);
    }
    run.say(`jumps: ${jumps.map((ms) => `${ms / MINUTE_MS} min`).join(', ')}`);
  } finally {
    for (const device of fleet) device.stop();
  }
}

/** The clock is set and no time passes: too early. The hour passes and the clock is set back: not too late. */
async function coolDownAcross(run: FaultRun, server: TestServer, time: TestTime): Promise<void> {
  let admin = await jump(server, time, 0);
  const { productKey } = await createProduct(admin, { coolDownSeconds: COOL_DOWN_SECONDS });
  const [identity] = await createDevices(admin, productKey, ['lamp-0']);
  const device = new LeanDevice({ identity: identity!, port: server.mqttPort }).start();
  try {
    await untilOnline(admin, productKey, 1);
    await admin.saveVersion(productKey, '{"v":1}');
    await untilEnded(admin, await push(admin, productKey, 1));
    const again = async () =>
      (await admin.post(`/products/${productKey}/rollouts`, { version: 1 })).body.code;
    for (let count = 0; count < JUMPS_MS.length; count += 1) {
      admin = await jump(server, time, jumpOf(run));
      assert.equal(await again(), 'cool-down', 'dodged');
    }
    time.pass(COOL_DOWN_SECONDS * 1_000);
    admin = await jump(server, time, -40 * DAY_MS);
    assert.equal(await again(), undefined, 'endless');
  } finally {
    device.stop();
  }
}

const jumpOf = (run: FaultRun) => JUMPS_MS[run.random(JUMPS_MS.length)]!;

async function turn({ app }: TestServer): Promise<void> {
  app.services.reconciler.wake();
  await app.services.reconciler.settled();
}
