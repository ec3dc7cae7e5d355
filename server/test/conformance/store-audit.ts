import assert from 'node:assert/strict';
import type { AuditEntry } from '../../src/domain/store-port.ts';
import { readPages, type StoreTests } from './store-bench.ts';

const ENTRY: AuditEntry = {
  at: 5,
  actor: 'ann',
  remoteAddress: '192.0.2.1',
  action: 'rollout.start',
  outcome: 'ok',
  productKey: 'a1Lamp',
  target: '3',
  detail: {},
};

export const auditTests: StoreTests = {
  'an entry is kept as it was written, whatever text is in it': async (store) => {
    const odd = { before: { a: [1, null, '灯\n"'] }, after: "'; DROP TABLE audit; --" };
    const entry = { ...ENTRY, outcome: 'refused', productKey: null, detail: odd } as const;
    await store.write((tx) => tx.audit.append(entry));
    const [found] = await store.read((tx) => tx.audit.list({}, { after: undefined, limit: 5 }));
    assert.deepEqual(found, { ...entry, id: found!.id });
  },

  'entries are listed newest first, by any mix of filters, in pages without gaps or repeats': async (
    store,
  ) => {
    const entries: AuditEntry[] = [];
    for (let index = 0; index < 24; index += 1) {
      entries.unshift({
        ...ENTRY,
        at: 1000 - index, // A clock that runs backwards does not change the order.
        target: String(index),
        actor: index % 2 === 0 ? 'ann' : 'bob',
        action: index % 3 === 0 ? 'draft.save' : 'rollout.start',
        productKey: index % 4 === 0 ? null : 'a1Lamp',
      });
      await store.write((tx) => tx.audit.append(entries[0]!));
    }
    const filters = [
      {},
      { actor: 'ann' },
      { action: 'draft.save' },
      { productKey: 'a1Lamp' },
      { productKey: 'a1Lamp', actor: 'bob', action: 'rollout.start' },
      { actor: 'nobody' },
    ];
    for (const filter of filters) {
      const expected = entries.filter((entry) =>
        Object.entries(filter).every(([name, value]) => entry[name as keyof AuditEntry] === value),
      );
      for (const limit of [1, 5, 100]) {
        const listed = await readPages(
          limit,
          (entry: { id: number }) => entry.id,
          (page) => store.read((tx) => tx.audit.list(filter, page)),
        );
        assert.deepEqual(
          listed.map((entry) => entry.target),
          expected.map((entry) => entry.target),
        );
      }
    }
  },
};
