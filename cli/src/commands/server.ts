/** `serve`, `backup`, `restore`, `settings`: handed to the server's own program. */
import type { Command } from 'commander';
import { usageError } from '../exit.ts';
import { runServer, runServerCommand } from '../server-command.ts';
import { action, examples } from '../shell.ts';

export function addServerCommands(program: Command): void {
  program
    .command('serve')
    .description('run the server here (settings: environment variables, see "opencota settings")')
    .addHelpText('after', examples('serve'))
    .action(action<[]>(() => runServer(['serve'])));
  program
    .command('backup')
    .description('copy the store of the server on this machine to a new file, also while it runs')
    .argument('[file]', 'the new file; its key goes beside it')
    .option('--to <file>', 'the same')
    .addHelpText('after', examples('backup --to /backups/opencota-monday.db'))
    .action(
      action<[string?], { to?: string }>((shell, [file], { to = file }) => {
        if (to === undefined) throw usageError('Name the new file: opencota backup --to <file>');
        return runServerCommand(shell, ['backup', '--to', to]);
      }),
    );
  program
    .command('restore')
    .description('put a backup in the place of the store (server stopped); what was there is kept')
    .requiredOption('--from <file>', 'the backup')
    .addHelpText('after', examples('restore --from /backups/opencota-monday.db'))
    .action(
      action<[], { from: string }>((shell, _args, { from }) =>
        runServerCommand(shell, ['restore', '--from', from]),
      ),
    );
  program
    .command('settings')
    .description('print every setting of the server, its value here and its meaning')
    .addHelpText('after', examples('settings'))
    .action(action<[]>(({ out }) => runServer(out.isJson ? ['settings', '--json'] : ['settings'])));
}
