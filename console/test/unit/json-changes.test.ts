import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareTexts } from '../../src/editor/json-changes.ts';
import { nodeAt, parseNodes } from '../../src/editor/json-nodes.ts';

const changes = (from: string, to: string) => {
  const found = compareTexts(from, to);
  return found.kind === 'changes'
    ? found.changes.map((change) =>
        [change.op, change.path, change.from, change.to].filter((part) => part !== undefined).join(' '),
      )
    : found.kind;
};

describe('changes of a draft', () => {
  it('are told with their JSON Pointers, in the order of the text', () => {
    assert.deepEqual(changes('{"a":1,"b":{"c/d":true},"e":[1,2]}', '{"a":2,"b":{},"e":[1,9,2],"f":null}'), [
      'replace /a 1 2',
      'remove /b/c~1d true',
      'add /e/1 9',
      'add /f null',
    ]);
  });

  it('are none when only white space, key order, escapes or the spelling of a number differ', () => {
    assert.equal(changes('{"a":1.0,"b":"é"}', '{ "b": "\\u00e9", "a": 10e-1 }'), 'textOnly');
    assert.equal(changes('{"a":1}', '{"a":1}'), 'same');
  });

  it('see the last digit of an integer that no double holds', () => {
    assert.deepEqual(changes('[9007199254740993]', '[9007199254740992]'), [
      'replace /0 9007199254740993 9007199254740992',
    ]);
  });

  it('tell a string from a number and from a word', () => {
    assert.deepEqual(changes('["1"]', '[1]'), ['replace /0 "1" 1']);
    assert.deepEqual(changes('["null"]', '[null]'), ['replace /0 "null" null']);
  });

  it('are unknown while a text is no JSON', () => {
    for (const text of ['', '{', '{"a":1,}', '[01]', '{"a":1} x', '{"a":1,"a":1}', '['.repeat(5_000)])
      assert.equal(changes('{}', text), 'unknown', text.slice(0, 20));
  });

  it('cut long values and long lists and say so', () => {
    const long = `"${'x'.repeat(3_000)}"`;
    const found = compareTexts('[]', `[${long}]`);
    assert(found.kind === 'changes' && found.changes[0]?.cut && found.changes[0].to?.length === 2_000);
    const many = compareTexts('[]', `[${Array.from({ length: 1_001 }, (_, index) => index).join()}]`);
    assert(many.kind === 'changes' && many.truncated && many.changes.length === 1_000);
  });
});

describe('a JSON Pointer', () => {
  it('leads to its value, or to the innermost that is there', () => {
    const text = '{"a": {"b/c": [10, 20]}}';
    const root = parseNodes(text)!;
    const at = (pointer: string) => {
      const { from, to } = nodeAt(root, pointer);
      return text.slice(from, to);
    };
    assert.equal(at('/a/b~1c/1'), '20');
    assert.equal(at('/a/missing'), '{"b/c": [10, 20]}');
    assert.equal(at(''), text);
  });
});
