import assert from 'node:assert/strict';
import { it } from 'node:test';
import { utf8Bytes } from '../../src/editor/line-breaks.ts';
import { placeFindings } from '../../src/pages/config/placed-findings.ts';

const marked = (text: string, finding: { offset?: number; path?: string }) => {
  const [placed] = placeFindings(text, {
    problems: [{ reason: 'x', message: '', ...finding }],
    warnings: [],
  });
  const { from, to, line, column } = placed!;
  return [text.replaceAll('\r\n', '\n').slice(from, to), line, column];
};

it('a finding of the server marks its token, where people count it', () => {
  const text = '{\n "灯": 12345678901234567890,\n "灯": 1}';
  assert.deepEqual(marked(text, { offset: utf8Bytes('{\n "灯": ') }), ['12345678901234567890', 2, 7]);
  assert.deepEqual(marked(text, { offset: utf8Bytes('{\n "灯": 12345678901234567890,\n ') }), ['"灯"', 3, 2]);
});

it('a text with CR LF is marked at the same place', () => {
  assert.deepEqual(marked('{\r\n\r\n"a": tru}', { offset: 10 }), ['tru', 3, 6]);
});

it('a finding at the end of the text has a place too', () => {
  assert.deepEqual(marked('{"a": 1', { offset: 7 }), ['', 1, 8]);
});

it('what breaks the schema is found by its JSON Pointer, or the value around it', () => {
  const text = '{\n"a": {"b": [1, "two"]}}';
  assert.deepEqual(marked(text, { path: '/a/b/1' }), ['"two"', 2, 16]);
  assert.deepEqual(marked(text, { path: '/a/c' }), ['{', 2, 6]);
  assert.deepEqual(marked(text, { path: '' }), ['{', 1, 1]);
});
