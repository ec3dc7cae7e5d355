/** `context`: the servers one has signed in to. */
import type { Command } from 'commander';
import { type Context, getContext, readContexts, writeContexts } from '../context.ts';
import { action, examples } from '../shell.ts';
import { renderTable } from '../table.ts';
import { sayTime } from '../text.ts';

export function addContext(context: Command): void {
  addList(context);
  addUse(context);
  addRemove(context);
}

function addList(context: Command): void {
  context
    .command('list')
    .description('list them; tokens are not shown')
    .addHelpText('after', examples('context list'))
    .action(
      action<[]>(async ({ out, environment }) => {
        const { current, contexts } = await readContexts(environment.contextsPath);
        const items: Item[] = Object.entries(contexts).map(([name, { token, ...rest }]) => ({
          name,
          current: name === current,
          signedIn: token !== undefined,
          ...rest,
        }));
        if (items.length === 0) out.say('There are none yet. Sign in: opencota login');
        if (items.length === 0 && !out.isJson) return;
        out.print({ items }, () =>
          renderTable(
            [
              { title: '', value: (item) => (item.current ? '*' : '') },
              { title: 'NAME', value: (item) => item.name },
              { title: 'URL', value: (item) => item.url },
              { title: 'AS', value: (item) => item.username ?? '–' },
              { title: 'STATE', value: stateOf },
            ],
            items,
            out.look,
          ),
        );
      }),
    );
}

type Item = Omit<Context, 'token'> & { name: string; current: boolean; signedIn: boolean };

function stateOf({ signedIn, expiresAt }: Item): string {
  if (!signedIn) return 'signed out';
  if (expiresAt === undefined) return 'signed in';
  const hasExpired = Date.parse(expiresAt) < Date.now();
  return hasExpired ? `expired ${sayTime(expiresAt)}` : `signed in, ends ${sayTime(expiresAt)}`;
}

function addUse(context: Command): void {
  context
    .command('use')
    .description('make one the current one')
    .argument('<name>')
    .addHelpText('after', examples('context use lab'))
    .action(
      action<[string]>(async ({ out, environment }, [name]) => {
        const saved = await readContexts(environment.contextsPath);
        const { url } = getContext(saved, name);
        await writeContexts(environment.contextsPath, { ...saved, current: name });
        out.print({ context: name, url }, () => `Commands now go to ${url} (context ${name}).`);
      }),
    );
}

function addRemove(context: Command): void {
  context
    .command('remove')
    .description('forget one and its token; the session on the server is not ended (see logout)')
    .argument('<name>')
    .addHelpText('after', examples('context remove lab'))
    .action(
      action<[string]>(async ({ out, environment }, [name]) => {
        const saved = await readContexts(environment.contextsPath);
        getContext(saved, name);
        const { [name]: _removed, ...contexts } = saved.contexts;
        const current =
          saved.current === name || saved.current === undefined ? {} : { current: saved.current };
        await writeContexts(environment.contextsPath, { ...current, contexts });
        out.print({ removed: name }, () => `Forgot ${name}.`);
        if (saved.current === name && Object.keys(contexts).length > 0)
          out.hint('No context is current now: opencota context use <name>');
      }),
    );
}
