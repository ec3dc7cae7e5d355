/**
 * Questions to a person, on standard error so that standard output stays data.
 *
 * Without a terminal nothing is asked: the caller says which option gives the answer instead.
 */
import { CommandError, EXIT, usageError } from './exit.ts';

export type Prompt = {
  readonly isInteractive: boolean;
  text(message: string, options?: { initial?: string; instead: string }): Promise<string>;
  /** Not shown while it is typed. */
  secret(message: string, instead: string): Promise<string>;
  /** The default is no. */
  confirm(message: string): Promise<boolean>;
};

export function createPrompt(): Prompt {
  const isInteractive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const output = process.stderr;
  const demandTerminal = (message: string, instead: string) => {
    if (!isInteractive) throw usageError(`Cannot ask "${message}" without a terminal.`, instead);
  };
  return {
    isInteractive,
    async text(message, { initial, instead } = { instead: '' }) {
      demandTerminal(message, instead);
      const { text } = await import('@clack/prompts');
      const validate = (value: string | undefined) =>
        (value ?? '').trim() === '' && initial === undefined ? 'Please enter something.' : undefined;
      const given = initial === undefined ? {} : { placeholder: initial, defaultValue: initial };
      return answerOf(await text({ message, output, validate, ...given })).trim();
    },
    async secret(message, instead) {
      demandTerminal(message, instead);
      const { password } = await import('@clack/prompts');
      const validate = (value: string | undefined) => (value ? undefined : 'Please enter something.');
      return answerOf(await password({ message, output, validate }));
    },
    async confirm(message) {
      const { confirm } = await import('@clack/prompts');
      // Ctrl+C is no yes either.
      return (await confirm({ message, output, initialValue: false })) === true;
    },
  };
}

function answerOf<Value>(answer: Value): Exclude<Value, symbol> {
  // A symbol is how the library says that the question was cancelled.
  if (typeof answer !== 'symbol') return answer as Exclude<Value, symbol>;
  throw cancelled();
}

function cancelled(): CommandError {
  return new CommandError('Cancelled; nothing was done.', { code: 'cancelled', exit: EXIT.interrupted });
}

/** Goes on with `--yes` or a yes; stops otherwise. */
export async function demandYes(prompt: Prompt, question: string, isYes: boolean | undefined): Promise<void> {
  if (isYes) return;
  if (!prompt.isInteractive)
    throw usageError(`${question} There is no terminal to confirm on.`, 'Confirm with --yes.');
  if (!(await prompt.confirm(question)))
    throw new CommandError('Not confirmed; nothing was done.', { code: 'not-confirmed', exit: EXIT.failed });
}
