/**
 * A server one shape ahead, for the fault of a migration that is killed: started with `--import`, this
 * module adds a step to the list before the store is opened. It fills a table, so that it takes many writes.
 */
import { MIGRATIONS, type Migration } from '../../src/sql/migrations.ts';

const number = MIGRATIONS.at(-1)!.number + 1;
const sql = `
CREATE TABLE next_shape (id INTEGER PRIMARY KEY, device_id INTEGER NOT NULL, filler BLOB NOT NULL);
INSERT INTO next_shape (device_id, filler) SELECT id, zeroblob(3000) FROM device;
ALTER TABLE product ADD COLUMN next_shape INTEGER NOT NULL DEFAULT 1`;

// The list is read-only for the server; this module stands for a later release of it.
(MIGRATIONS as Migration[]).push({ number, name: 'the next shape', sql });
