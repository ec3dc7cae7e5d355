/** Every statement of the store, over one connection. */
import type { Tx } from '../../domain/store-port.ts';
import type { Sql } from '../sql.ts';
import { auditStore } from './audit.ts';
import { configStore } from './configs.ts';
import { deliveryStore } from './deliveries.ts';
import { deviceStore } from './devices.ts';
import { peopleStore } from './people.ts';
import { productStore } from './products.ts';
import { rolloutStore } from './rollouts.ts';
import { sessionStore } from './sessions.ts';
import { upkeepStore } from './upkeep.ts';

export function statementsOf(sql: Sql): Tx {
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
