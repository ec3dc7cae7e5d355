/** Arguments in, an exit code out. */
import { CommanderError } from 'commander';
import { readEnvironment } from './environment.ts';
import { EXIT, reportOf } from './exit.ts';
import { printError } from './output.ts';
import { createProgram } from './program.ts';
import { VERSION } from './program-version.ts';

export async function run(args: readonly string[]): Promise<void> {
  // Who reads along may stop reading, as `head` does; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
  });
  // Not an option of the program itself: several commands have a --version of their own.
  const [asked, ...others] = args.filter((each) => each !== '--json');
  const isVersionAsked = others.length === 0 && ['--version', '-V'].includes(asked ?? '');
  try {
    if (isVersionAsked)
      process.stdout.write(isJson(args) ? `${JSON.stringify({ version: VERSION })}\n` : `${VERSION}\n`);
    else await createProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = exitFor(error, isJson(args));
  }
}

/** Also when the arguments cannot be parsed, and the error is about just that. */
function isJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).includes('--json');
}

function exitFor(error: unknown, asJson: boolean): number {
  // Help was printed already; help that nobody asked for is a wrong usage.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
  const report = reportOf(error);
  printError(report, asJson, readEnvironment());
  return report.exitCode;
}
