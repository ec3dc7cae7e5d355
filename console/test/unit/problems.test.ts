import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROBLEMS } from '../../../server/src/http/problems.ts';
import { problems as en } from '../../src/i18n/en/problems.ts';
import { problems as zh } from '../../src/i18n/zh/problems.ts';

/** Only devices meet them, on their way to a download. */
const OF_LINKS = /^link-/;

test('every problem code of the API has words in both languages', () => {
  const codes = Object.keys(PROBLEMS).filter((code) => !OF_LINKS.test(code));
  assert.ok(codes.length > 20);
  for (const words of [en, zh])
    assert.deepEqual(
      codes.filter((code) => !(code in words)),
      [],
    );
});
