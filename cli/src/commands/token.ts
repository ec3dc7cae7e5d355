/** `token create|list|remove`. */
import type { Command } from 'commander';
import { usageError } from '../exit.ts';
import { collect, type ListOptions, listOptions, readList, wholeNumber, yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { action, examples } from '../shell.ts';
import { renderFields, renderTable } from '../table.ts';
import { sayTime } from '../text.ts';

const SHOWN = 50;
const SCOPES =
  'read, configs:write, rollouts:write, rollouts:unattended, products:switch, products:write, devices:write, admin';

export function addTokenCommands(token: Command): void {
  addCreate(token);
  addList(token);
  addRemove(token);
}

function addCreate(token: Command): void {
  token
    .command('create')
    .description('create an API token; it is shown once')
    .argument('<name>', 'what it is for, such as ci')
    .option('--scope <scope>', `may be repeated: ${SCOPES}`, collect)
    .option('--expires-in-days <n>', 'how long it is good (default: as the server says)', wholeNumber(1, 365))
    .addHelpText(
      'after',
      examples('token create ci --scope read,configs:write,rollouts:write,rollouts:unattended'),
    )
    .action(
      action<[string], { scope?: string[]; expiresInDays?: number }>(
        async ({ out, connect }, [name], { scope = [], expiresInDays }) => {
          if (scope.length === 0)
            throw usageError('A token needs at least one --scope.', `There are: ${SCOPES}`);
          const days = expiresInDays === undefined ? {} : { expiresInDays };
          const made = await (await connect()).tokens.create({ name, scopes: scope, ...days });
          out.print(made, () =>
            renderFields(
              [
                ['token', made.token],
                ['id', made.id],
                ['scopes', made.scopes.join(', ')],
                ['expires', sayTime(made.expiresAt)],
              ],
              out.look.style,
            ),
          );
          out.say('The token is not shown again.');
          out.hint('Use it: OPENCOTA_TOKEN=… opencota …, or opencota login --token');
        },
      ),
    );
}

function addList(token: Command): void {
  listOptions(token.command('list'), SHOWN)
    .description('list API tokens')
    .addHelpText('after', examples('token list'))
    .action(
      action<[], ListOptions>(async ({ out, connect }, _args, options) => {
        const client = await connect();
        const page = await readList((query) => client.tokens.list(query), options, SHOWN);
        if (page.items.length === 0)
          out.say('There are none. Create one: opencota token create <name> --scope read');
        if (page.items.length === 0 && !out.isJson) return;
        out.print(page, () =>
          renderTable(
            [
              { title: 'ID', value: (item) => item.id, align: 'right' },
              { title: 'NAME', value: (item) => item.name },
              { title: 'BY', value: (item) => item.createdBy },
              { title: 'EXPIRES', value: (item) => sayTime(item.expiresAt) },
              { title: 'USED', value: (item) => sayTime(item.usedAt) },
              { title: 'SCOPES', value: (item) => item.scopes.join(', ') },
            ],
            page.items,
            out.look,
          ),
        );
        if (page.nextCursor !== null) out.hint(`More: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}

function addRemove(token: Command): void {
  token
    .command('remove')
    .description('remove an API token; it stops working at once')
    .argument('<id>', 'its number (token list)', wholeNumber(1))
    .addOption(yesOption())
    .addHelpText('after', examples('token remove 4 --yes'))
    .action(
      action<[number], { yes?: boolean }>(async ({ out, prompt, connect }, [id], { yes }) => {
        const client = await connect();
        await demandYes(prompt, `Remove token ${id}? Whatever uses it stops working.`, yes);
        await client.tokens.remove(id);
        out.print({ removed: id }, () => `Removed token ${id}.`);
      }),
    );
}
