/** Row 37: an older backup takes the place of a store whose devices run newer versions. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SdkDevice, startSdkDevice } from '../support/sdk-device.ts';
import { runCommand, ServerProcess } from '../support/server-process.ts';
import { createDevices, createProduct, numbered, untilEnded } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';
import type { Fault } from './fault.ts';

const DEVICES = 4;
const VERSIONS_AFTER_MAX = 5;

export const oldBackup: Fault = {
  row: 37,
  name: 'old-backup',
  fault: 'a backup is restored that is older than what devices run',
  promise:
    'devices keep what they run; the next number is above the highest of them; no device sees a lower one as newer',
  done: 'after the backup 1 to 5 more versions are saved and pushed to 4 devices; then the server is killed, the backup restored, and a new version pushed',
  shortForm: { test: 'journey/backup.test.ts' },
  async run({ random, say }) {
    const dir = await mkdtemp(join(tmpdir(), 'opencota-old-'));
    const file = join(dir, 'backup.db');
    const data = join(dir, 'data');
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(dir, { recursive: true, force: true }));
    // Devices take their leave of a server that is there, so it goes after them.
    let server = await ServerProcess.start({ dir: data });
    stack.defer(() => server.kill());
    const first = server;
    const admin = await first.signIn();
    const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
    const identities = await createDevices(admin, productKey, numbered('lamp', DEVICES));
    const devices: SdkDevice[] = [];
    for (const identity of identities)
      devices.push(stack.use(await startSdkDevice(first.mqttPort, identity)));
    const save = async (client: typeof admin, text: string) =>
      (await client.saveVersion(productKey, text)).number;
    const push = async (client: typeof admin, version: number) => {
      const answer = await client.post(`/products/${productKey}/rollouts`, { version });
      assert.equal(answer.status, 202, answer.text);
      await untilEnded(client, answer.body.id);
    };
    await push(admin, await save(admin, '{"v":1}'));
    const backup = await runCommand(['backup', '--to', file], { dir: data });
    assert.equal(backup.code, 0, backup.stderr);
    const more = 1 + random(VERSIONS_AFTER_MAX);
    for (let count = 0; count < more; count += 1) await push(admin, await save(admin, `{"more":${count}}`));
    await first.kill();
    const restored = await runCommand(['restore', '--from', file], { dir: data });
    assert.equal(restored.code, 0, restored.stderr);
    server = await first.restart();
    const client = server.client(admin.token);
    await until('every device is back and has asked', () => devices.every(hasAsked));
    const next = await save(client, '{"v":"after"}');
    assert.equal(next, more + 2, 'the number above what devices run');
    await push(client, next);
    for (const { applied } of devices) {
      const versions = applied.map(({ version }) => version!);
      assert.deepEqual(
        versions,
        versions.toSorted((one, other) => one - other),
        'versions only rise',
      );
      assert.equal(versions.at(-1), next);
      assert.equal(new Set(versions).size, versions.length, 'one was applied twice');
    }
    say(`${more} versions newer than the backup; the next number was ${next}`);
  },
};

function hasAsked({ events }: SdkDevice): boolean {
  const last = events.findLastIndex(({ type }) => type === 'connected');
  return events.slice(last).some(({ type }) => type === 'replied');
}
