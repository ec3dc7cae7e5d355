/**
 * What people read: the texts of the messages, in English and Chinese.
 *
 * Every text says what the code is for, since a code asked for by somebody else is only noticed by a
 * person who can see that the purpose is not theirs. The purpose may hold names that users chose, so
 * it is brought to one short line first: no control character of theirs reaches a log or a mail header.
 */
import type { CodeMessage } from './channel.ts';

/** Keeps a text message within two or three parts, and a log line readable. */
const PURPOSE_CHARS_MAX = 120;

export function smsText(message: CodeMessage): string {
  if (message.isTest) return TEST_TEXTS[message.language].sms;
  const purpose = purposeText(message.purpose);
  const duration = durationText(message.expiresInSeconds, message.language);
  switch (message.language) {
    case 'en':
      return `[OpenCOTA] ${message.code} is your code to ${purpose}. It is valid for ${duration}. If this was not you, please ignore it.`;
    case 'zh':
      return `【OpenCOTA】验证码 ${message.code}，用于${purpose}，${duration}内有效。如非本人操作请忽略。`;
    default:
      return message.language satisfies never;
  }
}

/** The subject leaves the code out: subjects show up on locked screens. */
export function mailText(message: CodeMessage): { subject: string; text: string } {
  if (message.isTest) return TEST_TEXTS[message.language].mail;
  const purpose = purposeText(message.purpose);
  const duration = durationText(message.expiresInSeconds, message.language);
  switch (message.language) {
    case 'en':
      return {
        subject: 'Your OpenCOTA verification code',
        text: `To ${purpose}, enter this code:\n\n${message.code}\n\nIt is valid for ${duration}. If this was not you, please ignore this message.\n`,
      };
    case 'zh':
      return {
        subject: 'OpenCOTA 验证码',
        text: `验证码：${message.code}\n\n用于${purpose}，${duration}内有效。\n\n如非本人操作请忽略。\n`,
      };
    default:
      return message.language satisfies never;
  }
}

/** Providers with a template of their own fill in the code nevertheless; it opens nothing. */
const TEST_TEXTS = {
  en: {
    sms: '[OpenCOTA] TEST: this server can send you text messages. There is nothing to do.',
    mail: {
      subject: 'OpenCOTA test message',
      text: 'This is a TEST: this server can send you e-mail. There is nothing to do.\n',
    },
  },
  zh: {
    sms: '【OpenCOTA】测试短信：本服务器可以向您发送短信，无需任何操作。',
    mail: {
      subject: 'OpenCOTA 测试邮件',
      text: '这是一封测试邮件：本服务器可以向您发送邮件，无需任何操作。\n',
    },
  },
} as const;

/** Rounded down to whole minutes from one minute on, so that it never promises too much. */
export function durationText(seconds: number, language: CodeMessage['language']): string {
  const isShort = seconds < 60;
  const amount = Math.max(0, Math.floor(isShort ? seconds : seconds / 60));
  if (language === 'zh') return `${amount} ${isShort ? '秒' : '分钟'}`;
  return `${amount} ${isShort ? 'second' : 'minute'}${amount === 1 ? '' : 's'}`;
}

/** A purpose as one line without control, format or line-breaking characters, cut to a length that fits. */
export function purposeText(purpose: string): string {
  const line = singleLine(purpose);
  const characters = [...line];
  return characters.length <= PURPOSE_CHARS_MAX
    ? line
    : `${characters.slice(0, PURPOSE_CHARS_MAX - 1).join('')}…`;
}

/** `Cf` holds the marks that change the direction of writing, which could hide what a line says. */
export function singleLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
