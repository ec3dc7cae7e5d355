import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringifyInTurns } from '../../src/http/json-in-turns.ts';

test('a long list as JSON is the same as in one piece, and others are served between two pieces', async () => {
  const items = Array.from({ length: 12_001 }, (_, row) => ({ row, name: `"${row}"` }));
  let turns = 0;
  const count = () => {
    turns += 1;
    if (turns < 100) setImmediate(count);
  };
  setImmediate(count);
  assert.equal(await stringifyInTurns(items), JSON.stringify(items));
  assert.ok(turns >= 2);
  for (const few of [[], [1], items.slice(0, 5_000), items.slice(0, 5_001)])
    assert.equal(await stringifyInTurns(few), JSON.stringify(few));
});
