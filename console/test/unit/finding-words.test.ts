import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from '../../../server/src/json/check-config.ts';
import { findingInChinese } from '../../src/i18n/zh/finding-words.ts';

const LIMITS = { bytesMax: 200, depthMax: 8 };
const messagesOf = (text: string | Uint8Array) => {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const { problems, warnings } = checkConfig(bytes, LIMITS);
  return [...problems, ...warnings].map(({ message }) => message);
};

const WRONG: readonly (string | Uint8Array)[] = [
  '',
  '1',
  '{"a": 1',
  '[',
  '{"a":',
  '{"a": "b',
  '{"a": "\n"}',
  '{"a": "\\x"}',
  '{"a": 1.}',
  '{"a": 01}',
  '{"a": +1}',
  '{"a": yes}',
  "{'a': 1}",
  '{"a": 1} // x',
  '{"a": ,}',
  '{"a" 1}',
  '{"a": 1 "b": 2}',
  '[1 2]',
  '[1,]',
  '{"a": 1,}',
  '{a: 1}',
  '[1}',
  '{} x',
  '['.repeat(20),
  'x'.repeat(300),
  Uint8Array.of(0x7b, 0xff),
  Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
  '{"a": 1, "a": 2}',
  '{"a": 12345678901234567890}',
  '{"a": "\\ud800"}',
];

test('whatever the server finds wrong in a text is said in Chinese, with nothing of the English left', () => {
  for (const text of WRONG) {
    const messages = messagesOf(text);
    assert.ok(messages.length > 0, `nothing is wrong with ${String(text)}`);
    for (const message of messages) {
      const words = findingInChinese(message);
      assert.ok(words !== undefined, `no Chinese for: ${message}`);
      assert.doesNotMatch(words, /\b(the|object|array|undefined|found)\b/, words);
    }
  }
});

test('places and what was found are in the sentence', () => {
  const [message = ''] = messagesOf('{\n  "a": 1\n  "b": 2\n}');
  assert.equal(
    findingInChinese(message),
    '第 1 行第 1 列开始的对象中此处应为逗号或 }，却是「"」。请补上缺少的符号。',
  );
});

test('what breaks a schema is said in Chinese where it is one of the usual things', () => {
  const said = [
    'is not allowed here',
    'must be equal to one of the allowed values: "eco", "full"',
    "must have required property 'mode'",
    'must be <= 100',
    'must be integer or null',
    'must be "eco"',
    'must NOT have more than 3 items',
  ].map(findingInChinese);
  assert.deepEqual(said, [
    '此处不允许出现该成员。',
    '只能是以下值之一："eco", "full"。',
    '缺少必需的成员 mode。',
    '必须 <= 100。',
    '类型必须为 integer 或 null。',
    '必须为 "eco"。',
    '最多 3 项。',
  ]);
});

test('a sentence that is newer than this page is left to the page', () => {
  assert.equal(findingInChinese('Something else is wrong.'), undefined);
});
