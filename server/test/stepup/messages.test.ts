import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText, mailText, purposeText, smsText } from '../../src/stepup/messages.ts';
import { exampleMessage } from './example-message.ts';

test('a text message names the code, the purpose and how long it is valid, in both languages', () => {
  assert.equal(
    smsText(exampleMessage()),
    '[OpenCOTA] 428913 is your code to push version 7 of product a1BcDeFgHiJ. It is valid for 5 minutes. If this was not you, please ignore it.',
  );
  assert.equal(
    smsText(exampleMessage({ language: 'zh', purpose: '推送产品 a1B 的第 7 版' })),
    '【OpenCOTA】验证码 428913，用于推送产品 a1B 的第 7 版，5 分钟内有效。如非本人操作请忽略。',
  );
});

test('a test message says that it is one, and holds nothing that looks like a code', () => {
  for (const [language, mark] of [
    ['en', /TEST/i],
    ['zh', /测试/],
  ] as const) {
    const message = exampleMessage({ language, isTest: true });
    const { subject, text } = mailText(message);
    for (const said of [smsText(message), subject, text]) {
      assert.match(said, mark);
      assert.doesNotMatch(said, /\d/);
    }
  }
});

test('the subject of a mail does not hold the code', () => {
  for (const language of ['en', 'zh'] as const) {
    const { subject, text } = mailText(exampleMessage({ language }));
    assert.ok(!subject.includes('428913'));
    assert.ok(text.includes('428913'));
  }
});

test('a duration never promises more than there is', () => {
  const english = [0, 1, 45, 60, 119, 120, 300].map((seconds) => durationText(seconds, 'en'));
  assert.deepEqual(english, [
    '0 seconds',
    '1 second',
    '45 seconds',
    '1 minute',
    '1 minute',
    '2 minutes',
    '5 minutes',
  ]);
  assert.equal(durationText(30, 'zh'), '30 秒');
  assert.equal(durationText(599, 'zh'), '9 分钟');
});

test('a purpose becomes one short line without hidden characters', () => {
  assert.equal(purposeText(' a\r\nb\u2028c\td\u001b[31m\u202ee '), 'a b c d [31m e');
  const long = purposeText('版本😀'.repeat(100));
  assert.equal([...long].length, 120);
  assert.ok(long.endsWith('…'));
  assert.ok(long.isWellFormed());
});
