import type { Device } from '../../domain/device.ts';
import { DomainError } from '../../domain/errors.ts';
import type { DeviceStore, NewDevice } from '../../domain/store-port.ts';
import { bit, inChunks, marks, number, type Sql, type SqlValue, text } from '../sql.ts';
import { CREDENTIALS_QUERY, readCredentials } from './credentials.ts';
import { listDevices } from './device-list.ts';
import { DEVICE_COLUMNS, toDevice } from './device-rows.ts';

export function deviceStore(sql: Sql): DeviceStore {
  const findWhere = async (condition: string, values: SqlValue[]) => {
    const row = await sql.one(`SELECT ${DEVICE_COLUMNS} FROM device d WHERE ${condition}`, values);
    return row === undefined ? undefined : toDevice(row);
  };
  return {
    async create(productId, device, at) {
      const taken = await createMany(sql, productId, [device], at);
      if (taken.length > 0)
        throw new DomainError(
          'already-exists',
          `A device named ${device.deviceName} exists already in this product.`,
        );
      // Just written in this transaction.
      return (await findWhere('d.product_id = ? AND d.device_name = ?', [
        productId,
        device.deviceName,
      ])) as Device;
    },
    createMany: (productId, devices, at) => createMany(sql, productId, devices, at),
    find: (productId, deviceName) =>
      findWhere('d.product_id = ? AND d.device_name = ?', [productId, deviceName]),
    findById: (id) => findWhere('d.id = ?', [id]),
    async findNames(ids) {
      const names = new Map<number, string>();
      await inChunks(ids, async (chunk) => {
        const rows = await sql.all(
          `SELECT id, device_name FROM device WHERE id IN (${marks(chunk.length)})`,
          chunk,
        );
        for (const row of rows) names.set(number(row, 'id'), text(row, 'device_name'));
      });
      return names;
    },
    list: (filter, page) => listDevices(sql, filter, page),
    async update(id, change) {
      if (change.tags !== undefined) await setTags(sql, id, change.tags);
      if (change.isEnabled !== undefined)
        await sql.run('UPDATE device SET is_enabled = ? WHERE id = ?', [bit(change.isEnabled), id]);
    },
    remove: (id) => remove(sql, id),
    async findCredentials(productKey, deviceName) {
      const row = await sql.one(CREDENTIALS_QUERY, [productKey, deviceName]);
      return row && readCredentials(row);
    },
    async setSecret(id, secretSealed, previousUntil) {
      await sql.run(
        `UPDATE device SET previous_secret_sealed = CASE WHEN ? IS NULL THEN NULL ELSE secret_sealed END,
           previous_secret_until = ?, secret_sealed = ? WHERE id = ?`,
        [previousUntil, previousUntil, secretSealed, id],
      );
    },
    async findTokens(deviceId) {
      const rows = await sql.all('SELECT client_id, token_sha256 FROM device_token WHERE device_id = ?', [
        deviceId,
      ]);
      return rows.map((row) => ({
        clientId: text(row, 'client_id'),
        tokenSha256: text(row, 'token_sha256'),
      }));
    },
    async addToken(deviceId, token, max, at) {
      await sql.run(
        `DELETE FROM device_token WHERE device_id = ? AND client_id IN (
           SELECT client_id FROM device_token WHERE device_id = ? ORDER BY created_at DESC, client_id LIMIT -1 OFFSET ?)`,
        [deviceId, deviceId, max - 1],
      );
      await sql.run(
        'INSERT INTO device_token (device_id, client_id, token_sha256, created_at) VALUES (?, ?, ?, ?)',
        [deviceId, token.clientId, token.tokenSha256, at],
      );
    },
    async listTopology(gatewayId, limit) {
      const rows = await sql.all(
        `SELECT d.id, p.product_key, d.device_name FROM topology t JOIN device d ON d.id = t.device_id
         JOIN product p ON p.id = d.product_id WHERE t.gateway_id = ? ORDER BY d.id LIMIT ?`,
        [gatewayId, limit],
      );
      return rows.map((row) => ({
        deviceId: number(row, 'id'),
        productKey: text(row, 'product_key'),
        deviceName: text(row, 'device_name'),
      }));
    },
    async findGateway(deviceId) {
      const row = await sql.one('SELECT gateway_id FROM topology WHERE device_id = ?', [deviceId]);
      return row === undefined ? undefined : number(row, 'gateway_id');
    },
    async setGateway(deviceId, gatewayId, at) {
      await sql.run(
        `INSERT INTO topology (device_id, gateway_id, created_at) VALUES (?, ?, ?)
         ON CONFLICT (device_id) DO UPDATE SET gateway_id = excluded.gateway_id, created_at = excluded.created_at`,
        [deviceId, gatewayId, at],
      );
    },
    async removeFromGateway(deviceId, gatewayId) {
      await sql.run('DELETE FROM topology WHERE device_id = ? AND gateway_id = ?', [deviceId, gatewayId]);
    },
  };
}

async function createMany(
  sql: Sql,
  productId: number,
  devices: readonly NewDevice[],
  at: number,
): Promise<string[]> {
  const taken: string[] = [];
  let created = 0;
  for (const device of devices) {
    const row = await sql.one(
      `INSERT INTO device (product_id, device_name, secret_sealed, tags, is_enabled, created_at, downloaded_version, confirmed_version)
       VALUES (?, ?, ?, ?, 1, ?, 0, 0) ON CONFLICT (product_id, device_name) DO NOTHING RETURNING id`,
      [productId, device.deviceName, device.secretSealed, JSON.stringify(device.tags), at],
    );
    if (row === undefined) taken.push(device.deviceName);
    else {
      created += 1;
      if (device.tags.length > 0)
        await insertTags(sql, productId, number(row, 'id'), device.deviceName, device.tags);
    }
  }
  await sql.run('UPDATE product SET device_count = device_count + ? WHERE id = ?', [created, productId]);
  return taken;
}

async function insertTags(
  sql: Sql,
  productId: number,
  deviceId: number,
  deviceName: string,
  tags: readonly string[],
): Promise<void> {
  for (const tag of tags) {
    await sql.run(
      `INSERT INTO device_tag (product_id, tag, device_name, device_id) VALUES (?, ?, ?, ?)
       ON CONFLICT (product_id, tag, device_name) DO NOTHING`,
      [productId, tag, deviceName, deviceId],
    );
  }
}

async function setTags(sql: Sql, id: number, tags: readonly string[]): Promise<void> {
  const row = await sql.one('UPDATE device SET tags = ? WHERE id = ? RETURNING product_id, device_name', [
    JSON.stringify(tags),
    id,
  ]);
  if (row === undefined) return;
  await sql.run('DELETE FROM device_tag WHERE device_id = ?', [id]);
  await insertTags(sql, number(row, 'product_id'), id, text(row, 'device_name'), tags);
}

/** Removes a device with all that hangs on it; counters of its product and open rollouts follow. */
async function remove(sql: Sql, id: number): Promise<void> {
  const row = await sql.one('SELECT product_id, downloaded_version FROM device WHERE id = ?', [id]);
  if (row === undefined) return;
  const productId = number(row, 'product_id');
  await sql.run(
    `UPDATE product SET device_count = device_count - 1,
       online_count = online_count - (SELECT count(*) FROM session WHERE device_id = ?) WHERE id = ?`,
    [id, productId],
  );
  await sql.run(
    'UPDATE version_usage SET device_count = device_count - 1 WHERE product_id = ? AND version = ?',
    [productId, number(row, 'downloaded_version')],
  );
  const deliveries = await sql.all(
    'SELECT rollout_id, wave, state, is_open FROM delivery WHERE device_id = ?',
    [id],
  );
  for (const delivery of deliveries) {
    await sql.run(
      'UPDATE rollout_counter SET device_count = device_count - 1 WHERE rollout_id = ? AND wave = ? AND state = ?',
      [delivery.rollout_id!, delivery.wave!, delivery.state!],
    );
    await sql.run(
      'UPDATE rollout SET open_count = open_count - ?, device_total = device_total - 1 WHERE id = ?',
      [delivery.is_open!, delivery.rollout_id!],
    );
  }
  await sql.run('DELETE FROM device WHERE id = ?', [id]);
}
