/**
 * The store over SQL. Which engine is the driver's matter.
 */
import type { Store, Tx } from '../domain/store-port.ts';
import type { Sql } from './sql.ts';
import { openSqlite } from './sqlite-driver.ts';
import { auditStore } from './statements/audit.ts';
import { configStore } from './statements/configs.ts';
import { deliveryStore } from './statements/deliveries.ts';
import { deviceStore } from './statements/devices.ts';
import { peopleStore } from './statements/people.ts';
import { productStore } from './statements/products.ts';
import { rolloutStore } from './statements/rollouts.ts';
import { sessionStore } from './statements/sessions.ts';
import { upkeepStore } from './statements/upkeep.ts';

/** Opens the embedded store. Throws `DomainError` that says what to do. */
export function openSqliteStore(path: string): Store {
  const driver = openSqlite(path);
  const reading = statementsOf(driver.reader);
  return {
    read: (work) => work(reading),
    write: (work) => driver.write((sql) => work(writingOf(sql))),
    backup: (target) => driver.backup(target),
    async [Symbol.asyncDispose]() {
      driver[Symbol.dispose]();
    },
  };
}

const writers = new WeakMap<Sql, Tx>();

/** The statements over a connection are the same for every transaction on it. */
function writingOf(sql: Sql): Tx {
  let tx = writers.get(sql);
  if (tx === undefined) {
    tx = statementsOf(sql);
    writers.set(sql, tx);
  }
  return tx;
}

function statementsOf(sql: Sql): Tx {
  return {
    products: productStore(sql),
    configs: configStore(sql),
    devices: deviceStore(sql),
    sessions: sessionStore(sql),
    rollouts: rolloutStore(sql),
    deliveries: deliveryStore(sql),
    people: peopleStore(sql),
    audit: auditStore(sql),
    upkeep: upkeepStore(sql),
  };
}
