/**
 * The conformance suite of the store (`domain/store-port.ts`): what every engine promises, in the
 * words of the product. An engine runs all of it; nothing here knows how it keeps its rows.
 */
import { describe, test } from 'node:test';
import { auditTests } from './store-audit.ts';
import type { OpenStore, StoreTests } from './store-bench.ts';
import { claimTests } from './store-claims.ts';
import { configTests } from './store-configs.ts';
import { counterTests } from './store-counters.ts';
import { devicePageTests } from './store-device-pages.ts';
import { deviceTests } from './store-devices.ts';
import { endingTests } from './store-endings.ts';
import { expansionTests } from './store-expansion.ts';
import { peopleTests } from './store-people.ts';
import { productTests } from './store-products.ts';
import { replyTests } from './store-replies.ts';
import { reportTests } from './store-reports.ts';
import { retentionTests } from './store-retention.ts';
import { rolloutTests } from './store-rollouts.ts';
import { sessionTests } from './store-sessions.ts';
import { stepUpTests } from './store-step-ups.ts';
import { transactionTests } from './store-transactions.ts';
import { upkeepTests } from './store-upkeep.ts';

const GROUPS: Readonly<Record<string, StoreTests>> = {
  transactions: transactionTests,
  products: productTests,
  'drafts, schemas and versions': configTests,
  'retention of versions': retentionTests,
  devices: deviceTests,
  'the device list': devicePageTests,
  'connections of devices': sessionTests,
  rollouts: rolloutTests,
  'the expansion of a rollout': expansionTests,
  'claims of deliveries': claimTests,
  'the end of deliveries, and their second chance': endingTests,
  'reports of devices': reportTests,
  'replies of devices': replyTests,
  counters: counterTests,
  people: peopleTests,
  'step-ups and throttles': stepUpTests,
  'the audit log': auditTests,
  upkeep: upkeepTests,
};

/** Registers the whole suite for one engine. `open` gives a new, empty store each time. */
export function testStore(name: string, open: OpenStore): void {
  for (const [noun, tests] of Object.entries(GROUPS)) {
    describe(`${name}: ${noun}`, () => {
      for (const [sentence, body] of Object.entries(tests)) {
        test(sentence, async () => {
          const opened = await open();
          try {
            await body(opened.store, opened);
          } finally {
            await opened.dispose();
          }
        });
      }
    });
  }
}
