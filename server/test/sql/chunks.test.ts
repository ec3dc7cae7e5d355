/** Lists of values: every item once and in order, in few lengths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK, inChunks } from '../../src/sql/sql.ts';

test('a list is cut into powers of two, none above the most that a statement carries', async () => {
  for (const length of [0, 1, 2, 3, 100, 255, 256, 257, 1_000]) {
    const items = Array.from({ length }, (_, index) => index);
    const seen: number[] = [];
    await inChunks(items, async (chunk) => {
      assert.ok(chunk.length <= CHUNK && Number.isInteger(Math.log2(chunk.length)), `${chunk.length}`);
      seen.push(...chunk);
    });
    assert.deepEqual(seen, items);
  }
});
