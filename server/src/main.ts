/**
 * The server's process: `serve` and what an operator needs on the machine itself, where no console and no
 * network may be left: `backup`, `restore`, `user reset-password`, `settings`.
 */
import { parseArgs } from 'node:util';
import { backup, resetPassword, restore } from './box-commands.ts';
import { describeSettings, readConfig } from './config.ts';
import { DomainError } from './domain/errors.ts';
import { serve } from './serve.ts';

const USAGE = `opencota <command>

  serve                              run the server (settings: environment variables, see: opencota settings)
  backup --to FILE                   copy the store to a new file, also while the server runs
  restore --from FILE                put a backup in the place of the store (server stopped)
  user reset-password NAME           replace a password by a one-time password (server stopped)
  settings                           print every setting, its value and meaning

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

async function run(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      to: { type: 'string' },
      from: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const command = positionals.join(' ');
  if (values.help) return print(USAGE);
  if (command === 'serve')
    return serve(readConfig(process.env), process.env.npm_lifecycle_event !== undefined);
  if (command === 'backup' && values.to !== undefined)
    return print(await backup(readConfig(process.env), values.to));
  if (command === 'restore' && values.from !== undefined)
    return print(await restore(readConfig(process.env), values.from));
  if (positionals[0] === 'user' && positionals[1] === 'reset-password' && positionals[2] !== undefined) {
    return print(await resetPassword(readConfig(process.env), positionals[2]));
  }
  if (command === 'settings') {
    const settings = describeSettings(process.env);
    return print(
      values.json
        ? JSON.stringify(settings)
        : settings.map(({ name, value, meaning }) => `${name}=${value}\n    ${meaning}`).join('\n'),
    );
  }
  process.stderr.write(`${USAGE}\n`);
  return EXIT.usage;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

// What this process writes is for its own user alone: store, key, backups.
process.umask(0o077);

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isUsage =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(
    isUsage
      ? `${error.message}\n\n${USAGE}\n`
      : `${error instanceof DomainError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = isUsage ? EXIT.usage : EXIT.failed;
}
