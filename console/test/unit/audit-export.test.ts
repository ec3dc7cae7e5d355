import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AuditEntry, exportAudit } from '../../src/pages/admin/audit-export.ts';

const entry = (id: number, target = 'draft'): AuditEntry => ({
  id,
  at: '2026-11-23T08:00:00.000Z',
  actor: 'admin',
  remoteAddress: '127.0.0.1',
  action: 'draft.write',
  outcome: 'ok',
  productKey: null,
  target,
  detail: { bytes: id },
});

/** Five entries, two to a page. */
async function read(cursor: string | undefined) {
  const first = Number(cursor ?? 5);
  const items = [first, first - 1].filter((id) => id > 0).map((id) => entry(id));
  return { items, nextCursor: first > 2 ? String(first - 2) : null };
}

const options = { read, signal: new AbortController().signal, onProgress: () => {} };

it('the export reads every page and counts as it goes', async () => {
  const seen: number[] = [];
  const onProgress = (entries: number) => seen.push(entries);
  const { parts, entries, isCut } = await exportAudit({ ...options, format: 'json', onProgress });
  const ids = JSON.parse(parts.join('')).map(({ id }: AuditEntry) => id);
  assert.deepEqual(ids, [5, 4, 3, 2, 1]);
  assert.deepEqual(seen, [2, 4, 5]);
  assert.deepEqual({ entries, isCut }, { entries: 5, isCut: false });
});

it('the export ends at its limit and says that older entries are missing', async () => {
  const { entries, isCut } = await exportAudit({ ...options, format: 'csv', entriesMax: 3 });
  assert.deepEqual({ entries, isCut }, { entries: 3, isCut: true });
  const exact = await exportAudit({ ...options, format: 'csv', entriesMax: 5 });
  assert.deepEqual([exact.entries, exact.isCut], [5, false]);
});

it('an export of nothing is an empty list', async () => {
  const nothing = async () => ({ items: [], nextCursor: null });
  const { parts } = await exportAudit({ ...options, read: nothing, format: 'json' });
  assert.deepEqual(JSON.parse(parts.join('')), []);
});

it('what was written by others runs in no spreadsheet', async () => {
  const evil = async () => ({ items: [entry(1, '=HYPERLINK("http://x")')], nextCursor: null });
  const { parts } = await exportAudit({ ...options, read: evil, format: 'csv' });
  assert.match(parts.join(''), /,"'=HYPERLINK\(""http:\/\/x""\)",/);
});

it('an export that nobody waits for any more reads no further page', async () => {
  const leaving = new AbortController();
  let pagesRead = 0;
  const counted = (cursor: string | undefined) => {
    pagesRead += 1;
    leaving.abort();
    return read(cursor);
  };
  await assert.rejects(exportAudit({ ...options, read: counted, format: 'csv', signal: leaving.signal }), {
    name: 'AbortError',
  });
  assert.equal(pagesRead, 1);
});
