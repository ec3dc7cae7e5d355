/** docs/security-requirements.md: all 54 requirements are there, each with a test that exists or a reason. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findBrokenReferences, listReferences } from './support/test-references.ts';

const REQUIREMENTS = 54;
const page = readFileSync('docs/security-requirements.md', 'utf8');
const rows = [...page.matchAll(/^\| (?<number>\d+) \| .+ \| (?<status>[\w ]+) \| (?<heldBy>.*) \|$/gm)].map(
  ({ groups }) => groups as { number: string; status: string; heldBy: string },
);

test('all requirements are there, in their order', () => {
  assert.deepEqual(
    rows.map(({ number }) => Number(number)),
    Array.from({ length: REQUIREMENTS }, (_, index) => index + 1),
  );
});

test('every test that is named exists', () => {
  assert.ok(listReferences(page).length > 100);
  assert.deepEqual(findBrokenReferences(page), []);
});

test('what is held has a test, and what is not says why', () => {
  for (const { number, status, heldBy } of rows) {
    const tests = listReferences(heldBy);
    const reason = heldBy.replaceAll(/`[^`]+` “[^”]+”/g, '').replaceAll(/[;. ]/g, '');
    if (status === 'held') assert.ok(tests.length > 0, `${number} is held by no test`);
    else {
      assert.ok(['partly', 'not done', 'not applicable'].includes(status), `${number} is ${status}`);
      assert.ok(reason.length > 20, `${number} does not say why it is ${status}`);
    }
  }
});
