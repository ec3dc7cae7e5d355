import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { codesEqual, createCode, hashCode } from '../../src/stepup/codes.ts';

const key = randomBytes(32);

test('a code is six digits, and every digit is equally likely in every place', () => {
  const samples = 60_000;
  const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0));
  for (let sample = 0; sample < samples; sample += 1) {
    const code = createCode();
    assert.match(code, /^\d{6}$/);
    counts.forEach((places, place) => {
      const digit = Number(code.charAt(place));
      places[digit] = (places[digit] ?? 0) + 1;
    });
  }
  for (const places of counts) {
    const expected = samples / 10;
    const chiSquare = places.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // With 9 degrees of freedom a fair source passes 60 less than once in a hundred million times.
    assert.ok(chiSquare < 60, `chi-square is ${chiSquare}`);
  }
});

test('codes hardly ever repeat', () => {
  const codes = new Set(Array.from({ length: 1000 }, createCode));
  // About half a repetition is expected; ten would mean that the source is not what it should be.
  assert.ok(codes.size > 990);
});

test('the hash of a code depends on the key, on the challenge and on the code', () => {
  const hash = hashCode(key, 'challenge-1', '012345');
  const bytes = Buffer.concat([Buffer.from('challenge-1'), Buffer.alloc(1), Buffer.from('012345')]);
  assert.equal(hash, createHmac('sha256', key).update(bytes).digest('hex'));
  assert.equal(hashCode(key, 'challenge-1', '012345'), hash);
  assert.notEqual(hashCode(randomBytes(32), 'challenge-1', '012345'), hash);
  assert.notEqual(hashCode(key, 'challenge-2', '012345'), hash);
  assert.notEqual(hashCode(key, 'challenge-1', '012346'), hash);
  assert.notEqual(hashCode(key, 'challenge-10', '12345'), hash);
  assert.ok(!hash.includes('012345'));
});

test('a key that is too short is refused', () => {
  assert.throws(() => hashCode(randomBytes(15), 'challenge-1', '012345'), RangeError);
});

test('codes are equal only if they are the same', () => {
  assert.equal(codesEqual('012345', '012345'), true);
  for (const other of ['012346', '12345', '0123450', '', '０12345'])
    assert.equal(codesEqual('012345', other), false);
});
