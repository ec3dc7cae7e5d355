import assert from 'node:assert/strict';
import { it } from 'node:test';
import { documentPosition, indexOfByte, separatorOf, utf8Bytes } from '../../src/editor/line-breaks.ts';

it('a text with only CR LF keeps it; a mixed one is broken at LF alone', () => {
  assert.equal(separatorOf('{\r\n}\r\n'), '\r\n');
  assert.equal(separatorOf('{\n}\n'), '\n');
  assert.equal(separatorOf('{\r\n}\n'), '\n');
  assert.equal(separatorOf('{\r\n}\r'), '\n');
  assert.equal(separatorOf('{\r\r\n}'), '\n');
  assert.equal(separatorOf('{}'), '\n');
});

it('a place behind line breaks of two characters is found where each counts as one', () => {
  const text = '{\r\n"a":\r\n1}';
  assert.equal(documentPosition(text, text.indexOf('"a"')), 2);
  assert.equal(documentPosition(text, text.indexOf('1')), 7);
  assert.equal(documentPosition('{\n1}', 2), 2);
});

it('byte offsets become places in the text, also behind characters of several bytes', () => {
  const text = '{"é灯😀": 1}';
  const before = text.slice(0, text.indexOf('1'));
  const bytes = new TextEncoder().encode(text);
  assert.equal(indexOfByte(bytes, utf8Bytes(before)), before.length);
  assert.equal(indexOfByte(bytes, 0), 0);
  assert.equal(indexOfByte(bytes, 1_000), text.length);
});
