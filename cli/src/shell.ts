/** What every command gets: what to say with, whom to ask, and the server when it wants it. */
import type { Client } from '@opencota/contract/http/client';
import { Command, type OptionValues } from 'commander';
import { connect, type GlobalOptions } from './client.ts';
import { type Environment, readEnvironment } from './environment.ts';
import type { ExitCode } from './exit.ts';
import { createOutput, type Output } from './output.ts';
import { createPrompt, type Prompt } from './prompt.ts';

export type Shell = {
  readonly out: Output;
  readonly prompt: Prompt;
  readonly environment: Environment;
  readonly globals: GlobalOptions;
  /** A client of the chosen server. Throws when nobody is signed in. */
  connect(): Promise<Client>;
};

/** A command returns its exit code; nothing is 0. */
export type Work<Args extends readonly unknown[], Options> = (
  shell: Shell,
  args: Args,
  options: Options,
) => Promise<ExitCode | undefined>;

/** Makes a commander action of a command's work. `Args` and `Options` are what the command declares. */
export function action<Args extends readonly unknown[], Options = Record<string, never>>(
  work: Work<Args, Options>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1);
    if (!(command instanceof Command)) throw new Error('Commander calls an action with its command.');
    const all: OptionValues = command.optsWithGlobals();
    // Commander has parsed what the command declared, right beside the call of this function.
    const code = await work(openShell(all), given.slice(0, -2) as unknown as Args, all as Options);
    if (code !== undefined) process.exitCode = code;
  };
}

function openShell(globals: GlobalOptions): Shell {
  const environment = readEnvironment();
  return {
    out: createOutput(globals.json === true, environment),
    prompt: createPrompt(),
    environment,
    globals,
    connect: () => connect(globals, environment),
  };
}

/** Examples under the help of a command, a line each. */
export function examples(...lines: readonly string[]): string {
  const title = lines.length === 1 ? 'Example:' : 'Examples:';
  return `\n${title}\n${lines.map((line) => `  $ opencota ${line}`).join('\n')}`;
}
