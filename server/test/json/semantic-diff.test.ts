import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  CHANGE_VALUE_LENGTH_MAX,
  CHANGES_LENGTH_MAX,
  CONFIG_CHANGES_MAX,
  type ConfigChange,
  diffConfigs,
} from '../../src/json/semantic-diff.ts';

/** Changes in short: "op path from → to". */
function changes(from: string, to: string): string[] {
  return diffConfigs(from, to).changes.map(sayChange);
}

function sayChange(change: ConfigChange): string {
  switch (change.op) {
    case 'add':
      return `add ${change.path} ${change.to}`;
    case 'remove':
      return `remove ${change.path} ${change.from}`;
    case 'replace':
      return `replace ${change.path} ${change.from} → ${change.to}`;
    default:
      return change satisfies never;
  }
}

describe('objects', () => {
  test('members are added, removed and replaced at their JSON Pointers, in the order of the text', () => {
    const from = '{"keep": 1, "gone": [1], "deep": {"x/y": "a"}}';
    const to = '{"deep": {"x/y": "b", "~": null}, "keep": 1, "new": {}}';
    assert.deepEqual(changes(from, to), [
      'remove /gone [1]',
      'replace /deep/x~1y "a" → "b"',
      'add /deep/~0 null',
      'add /new {}',
    ]);
  });

  test('a change of kind replaces the whole value', () => {
    assert.deepEqual(changes('{"a":{"b":1}}', '{"a":[1]}'), ['replace /a {"b":1} → [1]']);
    assert.deepEqual(changes('{}', '[]'), ['replace  {} → []']);
  });

  test('keys that every object inherits are ordinary keys', () => {
    assert.deepEqual(changes('{"toString":1}', '{"__proto__":1,"toString":2}'), [
      'replace /toString 1 → 2',
      'add /__proto__ 1',
    ]);
  });
});

describe('values are shown as typed', () => {
  test('big integers and decimals keep every digit', () => {
    assert.deepEqual(changes('{"a":12345678901234567890,"b":1.10}', '{"a":12345678901234567891,"b":1.20}'), [
      'replace /a 12345678901234567890 → 12345678901234567891',
      'replace /b 1.10 → 1.20',
    ]);
  });

  test('a long value is cut and marked', () => {
    const [change] = diffConfigs('{}', `{"a":"${'x'.repeat(5_000)}"}`).changes;
    assert.equal(change?.isCut, true);
    assert.ok(change?.op === 'add' && change.to.length === CHANGE_VALUE_LENGTH_MAX);
  });
});

describe('what does not change the meaning', () => {
  const pairs: readonly [name: string, from: string, to: string][] = [
    ['the spelling of numbers', '{"a":1.0,"b":100,"c":-0}', '{"a":1,"b":1e2,"c":0}'],
    ['the order of keys', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
    ['white space', '{"a":[1,2]}', '{\n  "a": [1, 2]\n}\n'],
    ['escapes', '{"\\u0061":"\\u00e9"}', '{"a":"é"}'],
  ];
  for (const [name, from, to] of pairs) {
    test(`${name} is a difference of the text only`, () => {
      assert.deepEqual(diffConfigs(from, to), { changes: [], truncated: false, isTextOnly: true });
    });
  }

  test('equal texts have no difference at all', () => {
    assert.deepEqual(diffConfigs('{"a":1}', '{"a":1}'), { changes: [], truncated: false, isTextOnly: false });
  });

  test('a number and the same digits in a string are two values', () => {
    assert.deepEqual(changes('[1,null]', '["1","null"]'), ['replace /0 1 → "1"', 'replace /1 null → "null"']);
  });
});

describe('arrays', () => {
  test('an item put in the middle is one addition', () => {
    assert.deepEqual(changes('[1,2,3,4]', '[1,2,9,3,4]'), ['add /2 9']);
  });

  test('an item taken out is one removal', () => {
    assert.deepEqual(changes('{"a":[{"id":1},{"id":2},{"id":3}]}', '{"a":[{"id":1},{"id":3}]}'), [
      'remove /a/1 {"id":2}',
    ]);
  });

  test('repeated items are not counted twice', () => {
    assert.deepEqual(changes('[1,1]', '[1,1,1]'), ['add /2 1']);
    assert.deepEqual(changes('[1,1,1]', '[1]'), ['remove /1 1', 'remove /2 1']);
  });

  test('a changed item is compared inside', () => {
    assert.deepEqual(changes('[0,{"a":1,"b":2},0]', '[0,{"a":1,"b":3},0]'), ['replace /1/b 2 → 3']);
  });
});

describe('limits', () => {
  test('the number of changes is bounded and the rest is announced', () => {
    const list = (value: number) => `[${Array.from({ length: CONFIG_CHANGES_MAX + 1 }, () => value).join()}]`;
    const diff = diffConfigs(list(1), list(2));
    assert.equal(diff.changes.length, CONFIG_CHANGES_MAX);
    assert.equal(diff.truncated, true);
    assert.equal(diff.isTextOnly, false);
  });

  test('a long key repeated in many paths does not make an endless answer', () => {
    const members = (value: number) =>
      Array.from({ length: 900 }, (_, index) => `"${index}":${value}`).join();
    const text = (value: number) => `{"${'k'.repeat(100_000)}":{${members(value)}}}`;
    const diff = diffConfigs(text(1), text(2));
    assert.equal(diff.truncated, true);
    const length = diff.changes.reduce((sum, { path }) => sum + path.length, 0);
    assert.ok(length > 0 && length <= CHANGES_LENGTH_MAX);
  });

  test('a text that is not JSON is refused with its place', () => {
    assert.throws(() => diffConfigs('{}', '{"a":1,}'), { name: 'SyntaxError', message: /line 1, column 7/ });
    assert.throws(() => diffConfigs('['.repeat(500_000), '{}'), {
      name: 'SyntaxError',
      message: /deeper than/,
    });
  });
});

test('law: there is a change exactly when the parsed values differ', () => {
  const small = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(small, small, (one, other) => {
      const [from, to] = [JSON.stringify(one), JSON.stringify(other, null, 1)];
      const isSame = canonical(JSON.parse(from)) === canonical(JSON.parse(to));
      assert.equal(diffConfigs(from, to).changes.length === 0, isSame);
      assert.deepEqual(diffConfigs(from, JSON.stringify(one, null, 2)).changes, []);
    }),
    { numRuns: 2_000 },
  );
});

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}
