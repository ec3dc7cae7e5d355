/** `whoami`: who the server thinks one is, and what one may do. */
import type { Command } from 'commander';
import { getTarget } from '../client.ts';
import { action, examples } from '../shell.ts';
import { renderFields } from '../table.ts';

export function addWhoami(program: Command): void {
  program
    .command('whoami')
    .description('show the server, the signed-in user and the rights')
    .addHelpText('after', examples('whoami'))
    .action(
      action<[]>(async ({ out, globals, environment, connect }) => {
        const { url, context } = await getTarget(globals, environment);
        const who = await (await connect()).session.get();
        out.print({ url, context: context ?? null, ...who }, () =>
          renderFields(
            [
              ['server', url],
              ['context', context],
              [who.kind === 'token' ? 'token' : 'user', who.name],
              ['roles', who.user?.roles.join(', ')],
              ['may', who.permissions.join(', ') || 'nothing'],
              ['second factor', who.user === null ? undefined : factorOf(who.user)],
            ],
            out.look.style,
          ),
        );
      }),
    );
}

function factorOf({
  hasTotp,
  phone,
  email,
}: {
  hasTotp: boolean;
  phone: string | null;
  email: string | null;
}): string {
  const ways = [hasTotp && 'authenticator app', phone && 'SMS', email && 'e-mail'].filter(Boolean);
  return ways.length === 0 ? 'none set up: codes are in the log of the server' : ways.join(', ');
}
