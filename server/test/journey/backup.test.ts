/** Backups and what an operator does with them (faults 15 and 37), while a device lives through it all. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startSdkDevice } from '../support/sdk-device.ts';
import { runCommand, ServerProcess } from '../support/server-process.ts';
import { createDevice, createProduct, untilDelivered } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';

const directories: string[] = [];
after(() => Promise.all(directories.map((dir) => rm(dir, { recursive: true, force: true }))));

async function newDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-backup-'));
  directories.push(dir);
  return dir;
}

test('a backup taken while the server runs is restored elsewhere; devices keep what they run and get the next number', async () => {
  const dir = await newDirectory();
  const first = await ServerProcess.start({ dir });
  const admin = await first.signIn();
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  await using device = await startSdkDevice(first.mqttPort, identity);
  const push = async (client: typeof admin, version: number) => {
    const answer = await client.post(`/products/${productKey}/rollouts`, { version });
    assert.equal(answer.status, 202, answer.text);
    await untilDelivered(client, identity, 'applied');
  };
  await admin.saveVersion(productKey, '{"v":1}');
  await push(admin, 1);
  const file = join(await newDirectory(), 'backup.db');
  const backup = await runCommand(['backup', '--to', file], { dir });
  assert.equal(backup.code, 0, backup.stderr);
  for (const number of [2, 3]) await admin.saveVersion(productKey, `{"v":${number}}`);
  await push(admin, 3);
  await first.kill();

  const elsewhere = await newDirectory();
  await chmod(`${file}.key`, 0o644);
  const restored = await runCommand(['restore', '--from', file], { dir: elsewhere });
  assert.equal(restored.code, 0, restored.stderr);
  const { mode } = await stat(join(elsewhere, 'secret.key'));
  assert.equal(mode & 0o777, 0o600, 'a key that anybody could read on the way is private again');
  const { httpPort, mqttPort } = first;
  await using second = await ServerProcess.start({ dir: elsewhere, httpPort, mqttPort });
  const client = second.client(admin.token);
  const latest = async () => (await client.get(`/products/${productKey}`)).body;
  assert.equal((await latest()).latestVersion, 1, 'it is the older store');
  await until('the device is back and has asked', () => {
    const last = device.events.findLastIndex(({ type }) => type === 'connected');
    return device.events.slice(last).some(({ type }) => type === 'replied');
  });
  const next = await client.saveVersion(productKey, '{"v":"after"}');
  assert.equal(next.number, 4, 'above what the device runs');
  await push(client, 4);
  assert.deepEqual(
    device.applied.map(({ version }) => version),
    [1, 3, 4],
  );
});

test('a damaged store is never started on, and a backup takes its place', async () => {
  const dir = await newDirectory();
  const first = await ServerProcess.start({ dir });
  const admin = await first.signIn();
  const { productKey } = await createProduct(admin);
  const file = join(await newDirectory(), 'backup.db');
  assert.equal((await runCommand(['backup', '--to', file], { dir })).code, 0);
  await first.kill();
  await writeFile(join(dir, 'opencota.db'), 'this is not a database, and it is long enough to be looked at');
  const refused = await runCommand(['serve'], { dir });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /damaged.*restore --from/s);
  const restored = await runCommand(['restore', '--from', file], { dir });
  assert.equal(restored.code, 0, restored.stderr);
  await using second = await ServerProcess.start({ dir });
  assert.equal((await second.client(admin.token).get(`/products/${productKey}`)).status, 200);
});
