import { account } from './account.ts';
import { admin } from './admin.ts';
import { common } from './common.ts';
import { config } from './config.ts';
import { devices } from './devices.ts';
import { fleet } from './fleet.ts';
import { people } from './people.ts';
import { problems } from './problems.ts';
import { product } from './product.ts';
import { rollouts } from './rollouts.ts';
import { states } from './states.ts';
import { tryIt } from './try-it.ts';
import { versions } from './versions.ts';

export const en = {
  common,
  problems,
  states,
  people,
  account,
  fleet,
  product,
  config,
  versions,
  rollouts,
  devices,
  tryIt,
  admin,
} as const;
