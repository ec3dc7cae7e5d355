import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createRecoveryCodes, hashRecoveryCode } from '../../src/stepup/recovery-codes.ts';

test('ten different codes are made, each of sixteen characters out of thirty-two', () => {
  const codes = createRecoveryCodes();
  assert.equal(codes.length, 10);
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
});

test('every character of the alphabet turns up', () => {
  const characters = new Set(createRecoveryCodes(100).join('').replaceAll('-', ''));
  assert.equal(characters.size, 32);
});

test('a code has one hash, however it is typed', () => {
  const expected = createHash('sha256').update('A01C10ZZ99KM4T7W').digest('hex');
  for (const typed of [
    'A01C-10ZZ-99KM-4T7W',
    'a01c10zz99km4t7w',
    ' aolc iozz 99km 4t7w ',
    'AOIC-LO-ZZ99KM4T7W\n',
  ]) {
    assert.equal(hashRecoveryCode(typed), expected, typed);
  }
  assert.notEqual(hashRecoveryCode('A01C-10ZZ-99KM-4T7X'), expected);
});

test('what cannot be a recovery code has no hash', () => {
  const short = ['', '123456', 'A01C-10ZZ-99KM-4T7', 'A01C-10ZZ-99KM-4T7WW'];
  for (const typed of [...short, 'U01C-10ZZ-99KM-4T7W', 'A01C_10ZZ_99KM_4T7W']) {
    assert.equal(hashRecoveryCode(typed), undefined, typed);
  }
});

test('an impossible number of codes is refused', () => {
  for (const count of [0, -1, 1.5, 101, Number.NaN])
    assert.throws(() => createRecoveryCodes(count), RangeError);
});
