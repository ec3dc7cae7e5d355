import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isTimeFact, readDetail, valueText } from '../../src/pages/admin/audit-detail.ts';

const WORDS = { none: 'none', yes: 'yes', no: 'no' };

it('what changed stands apart from what was written with the same value and from other facts', () => {
  const detail = readDetail({
    before: { roles: ['viewer'], isEnabled: true, phone: null },
    after: { roles: ['viewer', 'editor'], isEnabled: true, phone: '+86 138****0000' },
    pausedRollouts: [7],
  });
  assert.deepEqual(detail, {
    changes: [
      { field: 'roles', before: ['viewer'], after: ['viewer', 'editor'] },
      { field: 'phone', before: null, after: '+86 138****0000' },
    ],
    sameCount: 1,
    facts: [{ name: 'pausedRollouts', value: [7] }],
  });
});

it('what was removed has values only on the side before', () => {
  const { changes } = readDetail({ before: { language: 'zh' } });
  assert.deepEqual(changes, [{ field: 'language', before: 'zh', after: undefined }]);
});

it('a state before is a fact, not a change', () => {
  assert.deepEqual(readDetail({ before: 'running' }), {
    changes: [],
    sameCount: 0,
    facts: [{ name: 'before', value: 'running' }],
  });
});

it('a value is said in words: lists with commas, nothing as none, the rest as it is', () => {
  assert.equal(valueText(['viewer', 'editor'], WORDS), 'viewer, editor');
  assert.equal(valueText([], WORDS), 'none');
  assert.equal(valueText(null, WORDS), 'none');
  assert.equal(valueText(false, WORDS), 'no');
  assert.equal(valueText(0, WORDS), '0');
  assert.equal(valueText({ a: 1 }, WORDS), '{"a":1}');
});

it('a number is a time only under a name that says so', () => {
  assert.equal(isTimeFact({ name: 'expiresAt', value: 1_800_000_000_000 }), true);
  assert.equal(isTimeFact({ name: 'revision', value: 3 }), false);
  assert.equal(isTimeFact({ name: 'validUntil', value: 'soon' }), false);
});
