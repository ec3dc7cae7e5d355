/** Telephone numbers as people enter them, brought to the form that providers take. */
import { CodeChannelError } from './channel.ts';

export type PhoneNumber = {
  /** Digits only; with the country code first if `isInternational`. */
  digits: string;
  /** Whether it was given with a country code, as `+86…` or `0086…`. */
  isInternational: boolean;
};

/**
 * Exactly one number, or a `CodeChannelError`. Providers take lists separated by commas, so a field
 * that was not checked could send one code to many people.
 */
export function parsePhone(to: string, provider: string): PhoneNumber {
  const match = /^(\+|00)?(\d{5,15})$/.exec(to.replaceAll(/[\s().-]/g, ''));
  const digits = match?.[2];
  if (match === null || digits === undefined) {
    throw new CodeChannelError({
      provider,
      failure: 'recipient',
      reason: 'the recipient is not a telephone number',
    });
  }
  return { digits, isInternational: match[1] !== undefined };
}
