import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalDecimal, isExactAsDouble } from '../../src/json/decimal.ts';

test('numbers that a double keeps are exact, however they are spelt', () => {
  const exact = [
    '0',
    '-0',
    '0e999999999999',
    '1.0',
    '1.10',
    '0.1',
    '1E+2',
    '-1e-7',
    '5e-324',
    '9007199254740992',
  ];
  for (const text of [
    ...exact,
    '1000000000000000000000',
    '1.7976931348623157e308',
    '1e0000000000000000001',
  ]) {
    assert.ok(isExactAsDouble(text), text);
  }
});

test('numbers that a double changes are not exact', () => {
  const changed = [
    '9007199254740993',
    '12345678901234567890',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1000000000000000055',
  ];
  for (const text of [...changed, '1e999999999', '1e99999999999999999999', `1${'0'.repeat(400)}`]) {
    assert.ok(!isExactAsDouble(text), text);
  }
});

test('every double printed by JSON.stringify is exact', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(isExactAsDouble(JSON.stringify(value)));
    }),
    { numRuns: 5_000 },
  );
});

test('an integer is exact when the double nearest to it prints as that integer', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), (value) => {
      assert.equal(isExactAsDouble(String(value)), BigInt(exactText(Number(value))) === value);
    }),
    { numRuns: 5_000 },
  );
});

/** The decimal value of the shortest spelling of a double, without an exponent. */
function exactText(value: number): string {
  const [digits = '', exponent = '0'] = String(value).split('e+');
  const [whole = '', fraction = ''] = digits.split('.');
  return whole + fraction.padEnd(Number(exponent), '0');
}

test('spellings of one value are the same and of two values are not', () => {
  for (const text of ['1', '1.0', '10e-1', '0.1e1', '1E0', '100e-2'])
    assert.equal(canonicalDecimal(text), '1e0');
  assert.equal(canonicalDecimal('-0.00'), '0');
  assert.notEqual(canonicalDecimal('12345678901234567890'), canonicalDecimal('12345678901234567891'));
  assert.notEqual(canonicalDecimal('1e99999999999999999999'), canonicalDecimal('1e99999999999999999998'));
  assert.notEqual(canonicalDecimal('-1'), canonicalDecimal('1'));
});

test('a million digits are compared at once', () => {
  const zeros = '0'.repeat(1_000_000);
  assert.equal(canonicalDecimal(`1${zeros}`), '1e1000000');
  assert.equal(canonicalDecimal(`0.${zeros}1`), '1e-1000001');
});
