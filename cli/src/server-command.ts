/**
 * Commands that are the server's own: it is started in our place, because they work on its data directory.
 *
 * Nothing of the server is imported; where it is not installed, that is said.
 */
import { captureMain, findMain, runMain } from './child-process.ts';
import { environmentOfServer } from './environment.ts';
import { CommandError, EXIT } from './exit.ts';
import type { Shell } from './shell.ts';

const SERVER = { packageName: '@opencota/server', folder: 'server', purpose: 'This command' } as const;

/** Runs to its end with our input and output; its exit code becomes ours. */
export async function runServer(args: readonly string[]): Promise<undefined> {
  process.exitCode = await runMain(findMain(SERVER), args, environmentOfServer());
  return undefined;
}

/** The same for a command that says one sentence; with `--json` the sentence, or the refusal, is put into JSON. */
export async function runServerCommand({ out }: Shell, args: readonly string[]): Promise<undefined> {
  if (!out.isJson) return runServer(args);
  const { code, stdout, stderr } = await captureMain(findMain(SERVER), args, environmentOfServer());
  if (code !== 0) {
    const exit = code === EXIT.usage ? EXIT.usage : EXIT.failed;
    throw new CommandError(stderr.trim() || `It ended with code ${code}.`, { code: 'refused', exit });
  }
  out.print({ message: stdout.trim() }, () => '');
  return undefined;
}
