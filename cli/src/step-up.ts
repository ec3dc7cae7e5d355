/**
 * The second factor before a push: the push is refused, a code is sent and entered, the push is repeated.
 *
 * Without a terminal and without `--code-stdin` no code is sent, because nobody could enter it.
 */
import { ApiProblem, type Client } from '@opencota/contract/http/client';
import { Option } from 'commander';
import { readLines } from './input.ts';
import type { Shell } from './shell.ts';
import { clean, sayTime } from './text.ts';

export type StepUpOptions = { codeStdin?: boolean; channel?: 'sms' | 'email' | 'totp' | 'log' };

export const codeOption = () => new Option('--code-stdin', 'read the verification code from standard input');
export const channelOption = () =>
  new Option('--channel <name>', 'where to send the code').choices(['sms', 'email', 'totp', 'log']);

const STDIN_INSTEAD = 'Pass the code with --code-stdin.';

/** Runs a push, and once more after the code. */
export async function pushWithStepUp<T>(
  shell: Shell,
  client: Client,
  target: { productKey: string; version: number },
  options: StepUpOptions,
  push: () => Promise<T>,
): Promise<T> {
  try {
    return await push();
  } catch (error) {
    const isAsked = error instanceof ApiProblem && error.code === 'step-up-required';
    if (!isAsked || (!shell.prompt.isInteractive && !options.codeStdin)) throw error;
  }
  await verify(shell, client, target, options);
  return push();
}

async function verify(
  { out, prompt }: Shell,
  client: Client,
  target: { productKey: string; version: number },
  { codeStdin, channel }: StepUpOptions,
): Promise<void> {
  const challenge = await client.session.sendChallenge({
    ...target,
    ...(channel === undefined ? {} : { channel }),
  });
  out.say(
    `This push needs a verification code. ${whereIs(challenge)} It is good ${sayTime(challenge.expiresAt).replace('in ', 'for ')}.`,
  );
  if (codeStdin) {
    const [code] = await readLines(1, 'The verification code');
    await client.session.answerChallenge(challenge.challengeId, { code: code!.trim() });
    return;
  }
  for (;;) {
    const code = await prompt.text('Verification code', { instead: STDIN_INSTEAD });
    try {
      await client.session.answerChallenge(challenge.challengeId, { code });
      return;
    } catch (error) {
      if (!(error instanceof ApiProblem) || !mayTryAgain(error)) throw error;
      out.say(error.detail);
    }
  }
}

function mayTryAgain({ code, members: { reason, attemptsLeft } }: ApiProblem): boolean {
  return (
    code === 'step-up-failed' &&
    reason === 'wrong-code' &&
    typeof attemptsLeft === 'number' &&
    attemptsLeft > 0
  );
}

function whereIs({ channel, address }: { channel: string; address: string }): string {
  switch (channel) {
    case 'totp':
      return 'Your authenticator app shows it.';
    case 'sms':
      return `It was sent by SMS to ${clean(address)}.`;
    case 'email':
      return `It was sent by e-mail to ${clean(address)}.`;
    default:
      return 'It is in the log of the server.';
  }
}
