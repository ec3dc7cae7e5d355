/** `audit`: who did what, when, from where. */
import type { Command } from 'commander';
import { type ListOptions, listOptions, readList } from '../options.ts';
import { action, examples } from '../shell.ts';
import { renderTable } from '../table.ts';
import { sayTime } from '../text.ts';

const SHOWN = 50;
type Options = ListOptions & { product?: string; actor?: string; action?: string };

export function addAudit(program: Command): void {
  listOptions(program.command('audit'), SHOWN)
    .description('the audit log, the latest first')
    .option('--product <productKey>', 'about this product')
    .option('--actor <name>', 'by this user or token')
    .option('--action <name>', 'such as rollout.start')
    .addHelpText('after', examples('audit --product a1Lock', 'audit --action rollout.start --json'))
    .action(
      action<[], Options>(async ({ out, connect }, _args, options) => {
        const client = await connect();
        const { product, actor, action: name } = options;
        const filter = {
          ...(product === undefined ? {} : { productKey: product }),
          ...(actor === undefined ? {} : { actor }),
          ...(name === undefined ? {} : { action: name }),
        };
        const page = await readList((query) => client.audit.list({ ...filter, ...query }), options, SHOWN);
        if (page.items.length === 0) out.say('Nothing is recorded that is like that.');
        if (page.items.length === 0 && !out.isJson) return;
        out.print(page, () =>
          renderTable(
            [
              { title: 'WHEN', value: (item) => sayTime(item.at) },
              { title: 'WHO', value: (item) => item.actor },
              { title: 'FROM', value: (item) => item.remoteAddress || '–' },
              { title: 'WHAT', value: (item) => item.action },
              {
                title: 'OUTCOME',
                value: (item) => item.outcome,
                paint: (cell, { outcome }) => out.look.style(outcome === 'ok' ? 'dim' : 'red', cell),
              },
              { title: 'PRODUCT', value: (item) => item.productKey ?? '–' },
              { title: 'TARGET', value: (item) => item.target },
            ],
            page.items,
            out.look,
          ),
        );
        if (page.nextCursor !== null) out.hint(`Older ones: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}
