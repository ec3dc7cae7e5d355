/**
 * Exit codes, and how an error becomes one.
 *
 * A script branches on these numbers, so the table is documented in the README and never renumbered. What a
 * person reads says what went wrong, where, and what to do; a program reads the same as JSON.
 */
import { ApiProblem, ApiUnreachable } from '@opencota/contract/http/client';
import { CommanderError } from 'commander';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notAllowed: 3,
  notFound: 4,
  conflict: 5,
  gate: 6,
  notSucceeded: 7,
  unreachable: 8,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export type ErrorReport = { code: string; detail: string; exitCode: number } & Record<string, unknown>;

type CommandFailure = {
  code: string;
  exit: ExitCode;
  /** What to do now. */
  hint?: string;
  members?: Record<string, unknown>;
};

/** A command found out by itself that it cannot go on. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly failure: CommandFailure;

  constructor(message: string, failure: CommandFailure) {
    super(message);
    this.failure = failure;
  }
}

/** The command was called in a way that cannot work. */
export function usageError(message: string, hint?: string): CommandError {
  return new CommandError(message, {
    code: 'usage',
    exit: EXIT.usage,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Codes whose exit does not follow from their HTTP status. */
const EXIT_OF_CODE: Readonly<Record<string, ExitCode>> = {
  'invalid-request': EXIT.usage,
  'cool-down': EXIT.gate,
  'switch-off': EXIT.gate,
  'step-up-required': EXIT.gate,
  'step-up-failed': EXIT.gate,
};

const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
  428: EXIT.conflict,
};

function exitOfProblem({ code, status }: ApiProblem): ExitCode {
  return EXIT_OF_CODE[code] ?? EXIT_OF_STATUS[status] ?? EXIT.failed;
}

/** What to do about a refusal, in words of this program. */
function hintOf({ code, members }: ApiProblem): string | undefined {
  switch (code) {
    case 'unauthenticated':
      return 'Sign in: opencota login';
    case 'scope-required':
      return `Make a token that has it: opencota token create <name> --scope ${String(members.scope ?? '<scope>')}`;
    case 'switch-off':
      return 'Turn the switch on: opencota product enable <product>';
    case 'step-up-required':
      return 'Run it on a terminal, pass the code with --code-stdin, or use a token with the scope rollouts:unattended.';
    case 'product-not-found':
      return 'See which there are: opencota product list';
    case 'version-not-found':
      return 'See which there are: opencota config versions <product>';
    case 'device-not-found':
      return 'See which there are: opencota device list <product>';
    case 'rollout-not-found':
      return 'See which there are: opencota rollout list <product>';
    case 'draft-empty':
      return 'Write one: opencota config edit <product>';
    default:
      return undefined;
  }
}

/** An error as data; the members of a problem are kept. */
export function reportOf(error: unknown): ErrorReport & { hint?: string } {
  if (error instanceof ApiProblem) {
    const { code, detail, status, requestId, members } = error;
    return withHint(
      { ...members, code, detail, status, requestId, exitCode: exitOfProblem(error) },
      hintOf(error),
    );
  }
  if (error instanceof ApiUnreachable) {
    return withHint(
      {
        code: 'unreachable',
        detail: `${error.url} cannot be reached: ${error.message}.`,
        url: error.url,
        exitCode: EXIT.unreachable,
      },
      'Is the server running, and is the address right? opencota doctor says more.',
    );
  }
  if (error instanceof CommandError) {
    const { code, exit, hint, members } = error.failure;
    return withHint({ ...members, code, detail: error.message, exitCode: exit }, hint);
  }
  if (error instanceof CommanderError)
    return { code: 'usage', detail: error.message.replace(/^error: /, ''), exitCode: EXIT.usage };
  if (isSystemError(error)) return { code: error.code, detail: error.message, exitCode: EXIT.failed };
  return {
    code: 'internal',
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    exitCode: EXIT.failed,
  };
}

function withHint(report: ErrorReport, hint: string | undefined): ErrorReport & { hint?: string } {
  return hint === undefined ? report : { ...report, hint };
}

/** Such as a file that is not there: its message says what and where. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
