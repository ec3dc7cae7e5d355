import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Delivery, readDeliveriesCsv } from '../../src/pages/rollouts/deliveries-csv.ts';
import { csvLine } from '../../src/ui/csv.ts';

const delivery = (deviceName: string, message: string | null = null): Delivery => ({
  rolloutId: 1,
  deviceName,
  wave: 1,
  version: 3,
  sha256: '',
  state: 'failed',
  open: false,
  attempt: 2,
  code: -1,
  message,
  sentAt: null,
  receivedAt: null,
  downloadedAt: null,
  appliedAt: null,
  endedAt: '2026-03-01T10:00:00.000Z',
});

const paged = (...pages: string[][]) => ({
  read: async (cursor: string | undefined) => {
    const index = Number(cursor ?? 0);
    return {
      items: pages[index]!.map((name) => delivery(name)),
      nextCursor: index + 1 < pages.length ? String(index + 1) : null,
    };
  },
});

describe('a line of CSV', () => {
  it('quotes what needs it', () => {
    assert.equal(
      csvLine(['a', 'b,c', 'say "no"', null, 'two\nlines', -5]),
      'a,"b,c","say ""no""",,"two\nlines",-5\r\n',
    );
  });

  it('gives a spreadsheet no formula to run', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1'])
      assert.equal(csvLine([text]).startsWith(`"'${text}`), true, JSON.stringify(text));
  });
});

describe('the deliveries as CSV', () => {
  it('are read page by page, under their column names', async () => {
    const seen: number[] = [];
    const { parts, rows, isCut } = await readDeliveriesCsv({
      ...paged(['lamp-1', 'lamp-2'], ['lamp-3']),
      onProgress: (count) => seen.push(count),
    });
    const lines = parts.join('').slice(1).trimEnd().split('\r\n');
    assert.equal(lines.length, 4);
    assert.match(lines[0]!, /^deviceName,state,open,/);
    assert.match(lines[3]!, /^lamp-3,failed,false,3,2,-1,/);
    assert.deepEqual({ seen, rows, isCut }, { seen: [2, 3], rows: 3, isCut: false });
  });

  it('stop at the limit and say so', async () => {
    const some = paged(['lamp-1', 'lamp-2'], ['lamp-3', 'lamp-4']);
    const cut = await readDeliveriesCsv({ ...some, onProgress: () => {}, rowsMax: 3 });
    assert.deepEqual([cut.rows, cut.isCut], [3, true]);
    const whole = await readDeliveriesCsv({ ...some, onProgress: () => {}, rowsMax: 4 });
    assert.deepEqual([whole.rows, whole.isCut], [4, false]);
  });

  it('end when the person has had enough', async () => {
    const stopped = readDeliveriesCsv({
      read: () => Promise.reject(new DOMException('Enough.', 'AbortError')),
      onProgress: () => {},
    });
    await assert.rejects(stopped, { name: 'AbortError' });
  });
});
