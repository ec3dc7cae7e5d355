/** The faults program: its short form, its table, and that its page is the one of this code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ELSEWHERE } from './elsewhere.ts';
import { runFault } from './fault.ts';
import { FAULTS_PAGE, faultsPage } from './page.ts';
import { FAULTS } from './table.ts';

const ROWS = 40;
/** Only a fault that hangs reaches it, also on a machine that is busy with other things. */
const WITHIN_MS = 100_000;
const ROOT = join(import.meta.dirname, '../../..');

for (const fault of FAULTS.filter(({ shortForm }) => shortForm === 'quick')) {
  test(`${fault.fault}: ${fault.promise}`, async (t) => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
    t.diagnostic(`TEST_SEED=${seed}`);
    const verdict = await runFault(fault, { isQuick: true, seed, withinMs: WITHIN_MS });
    for (const fact of verdict.facts) t.diagnostic(fact);
    if (verdict.kind === 'not here') return t.skip(verdict.reason);
    if (verdict.kind === 'broken') throw verdict.error;
  });
}

test('a fault that throws is broken, one that hangs is broken, and one that a machine cannot do is neither', async () => {
  const options = { isQuick: true, seed: 1, withinMs: 10 };
  const verdictOf = async (run: () => Promise<void>) =>
    (await runFault({ ...FAULTS[0]!, run }, options)).kind;
  assert.equal(await verdictOf(async () => {}), 'held');
  assert.equal(await verdictOf(() => Promise.reject(new Error('lost'))), 'broken');
  assert.equal(await verdictOf(() => new Promise(() => {})), 'broken');
});

test('every row of the list is done, held by tests that exist, or has its reason', () => {
  const rows = new Set([...FAULTS, ...ELSEWHERE].map(({ row }) => row));
  assert.deepEqual(
    Array.from({ length: ROWS }, (_, index) => index + 1).filter((row) => !rows.has(row)),
    [],
  );
  const named = [
    ...ELSEWHERE.flatMap(({ by }) => ('tests' in by ? by.tests : [])),
    ...FAULTS.flatMap(({ shortForm }) => (shortForm === 'quick' ? [] : [`server/test/${shortForm.test}`])),
  ];
  assert.deepEqual(
    named.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('docs/faults.md says what the program says: npm run faults', () => {
  assert.equal(readFileSync(FAULTS_PAGE, 'utf8'), faultsPage(FAULTS));
});
