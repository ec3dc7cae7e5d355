/** The list takes another way where counts are large; here they are made to look so. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openSqliteStore } from '../../src/sql/store.ts';
import { checkEveryFilter, createFleet } from '../conformance/store-device-pages.ts';
import { createDirectory } from './store-directory.ts';

const MANY = 1_000_000;

const COUNTS = {
  'many of every version': `UPDATE version_usage SET device_count = ${MANY}; UPDATE product SET device_count = ${3 * MANY}`,
  'many connected': `UPDATE product SET online_count = ${MANY}`,
  'many in every state': `UPDATE rollout_counter SET device_count = ${MANY}`,
  'many of all': `UPDATE rollout_counter SET device_count = ${MANY}; UPDATE version_usage SET device_count = ${MANY};
    UPDATE product SET device_count = ${3 * MANY}, online_count = ${MANY}`,
};

for (const [situation, sql] of Object.entries(COUNTS)) {
  test(`with ${situation} every filter gives the same devices`, async (t) => {
    const { path } = await createDirectory(t);
    const small = openSqliteStore(path);
    const fleet = await createFleet(small);
    await small[Symbol.asyncDispose]();
    {
      using database = new DatabaseSync(path);
      database.exec(sql);
    }
    const store = openSqliteStore(path);
    t.after(() => store[Symbol.asyncDispose]());
    assert.equal(fleet.all.length, 31);
    await checkEveryFilter(store, fleet);
  });
}
