/** A store from before devices were marked as connected gets the marks from its sessions. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MIGRATIONS } from '../../src/sql/migrations.ts';
import { openSqliteStore } from '../../src/sql/store.ts';
import { createDirectory } from './store-directory.ts';

const BEFORE = 2;

/** Two devices of one product, the second with a session of a server that was killed. */
const CONTENT = `
  INSERT INTO product (id, product_key, secret_sealed, name, is_enabled, cool_down_seconds, done_when, request_policy, config_bytes_max,
    attempt_timeout_seconds, deadline_seconds, is_registration_allowed, is_unknown_device_allowed, is_strong_sign_required, revision,
    device_count, online_count, latest_version, version_floor, rolled_out_version, link_epoch, created_at)
  VALUES (1, 'a1Lamp', x'01', 'Lamp', 1, 0, 'applied', 'saved', 1024, 60, 60, 0, 0, 0, 1, 2, 1, 0, 0, 0, 1, 1);
  INSERT INTO device (id, product_id, device_name, secret_sealed, tags, is_enabled, created_at, downloaded_version, confirmed_version)
  VALUES (1, 1, 'lamp-1', x'01', '[]', 1, 1, 0, 0), (2, 1, 'lamp-2', x'01', '[]', 1, 1, 0, 0);
  INSERT INTO session (device_id, product_id, device_name, replica, remote_address, opened_at) VALUES (2, 1, 'lamp-2', 'gone', '', 1);`;

test('after the migration exactly the devices with a session count as connected', async (t) => {
  const { path } = await createDirectory(t);
  {
    using database = new DatabaseSync(path);
    for (const { number, sql } of MIGRATIONS) if (number <= BEFORE) database.exec(sql);
    database.exec(`${CONTENT} PRAGMA user_version = ${BEFORE}`);
  }
  const store = openSqliteStore(path);
  t.after(() => store[Symbol.asyncDispose]());
  const namesOf = async (isOnline: boolean) => {
    const page = { after: undefined, limit: 10 };
    const devices = await store.read((tx) => tx.devices.list({ productId: 1, isOnline }, page));
    return devices.map((device) => [device.deviceName, device.isOnline]);
  };
  assert.deepEqual(await namesOf(true), [['lamp-2', true]]);
  assert.deepEqual(await namesOf(false), [['lamp-1', false]]);
  await store.write((tx) => tx.sessions.endStale('here', 10, { wallMs: 1, serviceMs: 1 }));
  assert.deepEqual(await namesOf(true), []);
  assert.equal((await namesOf(false)).length, 2);
});
