/** A full disk (fault 13): changes are refused in words, reads and downloads go on, and all recovers by itself. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import type { ApiClient } from '../support/api-client.ts';
import { fillDisk, mountSmallDisk } from '../support/small-disk.ts';
import { createDevice, createProduct, untilDelivered, untilOnline } from '../support/test-product.ts';
import { startTestServer, until } from '../support/test-server.ts';

const DISK_BYTES = 6 * 1024 * 1024;

/** Writes drafts until one is refused, which uses up what the log of the store had reserved. */
async function writeUntilRefused(admin: ApiClient, productKey: string) {
  const path = `/products/${productKey}/draft`;
  const raw = `{"text":"${'x'.repeat(60_000)}"}`;
  for (let turn = 0; turn < 200; turn += 1) {
    const etag = (await admin.get(path)).headers.get('etag')!;
    const answer = await admin.send('PUT', path, { raw, headers: { 'if-match': etag } });
    if (answer.status !== 200) return answer;
  }
  throw new Error('The disk never got full.');
}

test('with a full disk a save is refused with 507, reads and downloads go on, and all recovers', async (t) => {
  await using disk = await mountSmallDisk(DISK_BYTES);
  if (disk === undefined) return t.skip('only root can mount a small disk');
  const { dir } = disk;
  const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };
  await using server = await startTestServer({ dir, environment });
  const { admin } = server;
  const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
  const lamp = await createDevice(admin, productKey);
  await admin.saveVersion(productKey, '{"a":1}');
  await using device = await AlinkDevice.connect(server.mqttPort, lamp);
  await untilOnline(admin, productKey, 1);
  await server.push(productKey, 1);
  const offer = await device.nextPush();
  await untilDelivered(admin, lamp, 'received');

  const ballast = join(dir, 'ballast');
  await fillDisk(ballast);
  const refused = await writeUntilRefused(admin, productKey);
  assert.equal(refused.status, 507, refused.text);
  assert.equal(refused.body.code, 'storage-full');
  assert.match(refused.body.detail, /disk.*full/);
  const save = await admin.post(`/products/${productKey}/versions`, {});
  assert.deepEqual([save.status, save.body.code], [507, 'storage-full']);

  assert.equal((await admin.get(`/products/${productKey}/versions/1/content`)).text, '{"a":1}');
  assert.equal((await admin.get('/products')).status, 200);
  assert.equal((await fetch(`${server.baseUrl}/healthz`)).status, 200);
  assert.equal(await download(offer), '{"a":1}');

  assert.equal((await device.get()).code, 200, 'requests are answered');

  let isAcknowledged = false;
  const reply = device.reply(offer.id, 200).then(
    () => {
      isAcknowledged = true;
    },
    () => {},
  );
  await until('the server has tried to store the reply', async () => {
    const { values } = await server.app.services.metrics.gatewayEvents.get();
    return values.some(({ labels, value }) => labels.event === 'uplink-failed' && value > 0);
  });
  assert.equal(isAcknowledged, false, 'what was not stored is not acknowledged');

  await rm(ballast);
  const saved = await until('saving works again', async () => {
    const answer = await admin.post(`/products/${productKey}/versions`, {});
    return answer.status === 201 && answer;
  });
  assert.equal(saved.body.number, 2, 'no number was used up by a refused save');
  await untilDelivered(admin, lamp, 'downloaded');
  // A device repeats what was not acknowledged, here over a new connection.
  await using again = await AlinkDevice.connect(server.mqttPort, lamp);
  await again.reply(offer.id, 200);
  await untilDelivered(admin, lamp, 'applied');
  await device.client.endAsync(true);
  await reply;
  assert.equal(isAcknowledged, false);
});
