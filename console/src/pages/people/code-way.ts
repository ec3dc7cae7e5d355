/** How a code for a push reaches a person: the first way that is open, in the server's order. */
import type { UserView } from '@opencota/contract/http/people';
import type { ServerView } from '@opencota/contract/http/server';

export type CodeWay = 'totp' | 'sms' | 'email' | 'log';

export function codeWay(
  { hasTotp, phone, email }: Pick<UserView, 'hasTotp' | 'phone' | 'email'>,
  { smsConfigured, emailConfigured }: Pick<ServerView, 'smsConfigured' | 'emailConfigured'>,
): CodeWay {
  if (hasTotp) return 'totp';
  if (smsConfigured && phone !== null) return 'sms';
  return emailConfigured && email !== null ? 'email' : 'log';
}
