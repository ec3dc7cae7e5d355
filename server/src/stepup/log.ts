/**
 * The fallback without any provider: the code is printed where the operator can see it.
 *
 * The line is marked so that nobody takes it for ordinary output, and it holds exactly one number of
 * six digits, so that a person or a script cannot pick the wrong one.
 */
import type { CodeChannel, CodeMessage } from './channel.ts';
import { maskAddress } from './mask-address.ts';
import { durationText, purposeText, singleLine } from './messages.ts';

const MARK = 'STEP-UP CODE (no SMS or mail provider is configured, so it is printed here)';

/** What `write` returns is waited for: whoever was told that the code is in the log finds it there. */
export function createLogChannel(write: (line: string) => unknown): CodeChannel {
  return {
    kind: 'log',
    provider: 'log',
    async send(message) {
      await write(codeLine(message));
    },
  };
}

function codeLine(message: CodeMessage): string {
  const purpose = splitSixDigits(purposeText(message.purpose));
  const duration = splitSixDigits(durationText(message.expiresInSeconds, 'en'));
  const to = splitSixDigits(maskAddress(singleLine(message.to)));
  return `${MARK}: ${message.code} — for ${purpose}, valid ${duration}, meant for ${to}`;
}

/** Puts a blank into the middle of any other number of six digits. */
function splitSixDigits(text: string): string {
  return text.replaceAll(/(?<!\d)(\d{3})(\d{3})(?!\d)/g, '$1 $2');
}
