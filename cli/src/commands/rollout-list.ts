/** `rollout list`. */
import type { Command } from 'commander';
import { type ListOptions, listOptions, readList } from '../options.ts';
import { percentOf, sayState, tallyOf } from '../rollout-progress.ts';
import { action, examples } from '../shell.ts';
import { renderTable } from '../table.ts';
import { sayTime } from '../text.ts';

const SHOWN = 20;
const OUTCOME_COLOURS = { open: 'cyan', succeeded: 'green', incomplete: 'red' } as const;

export function addRolloutList(rollout: Command): void {
  listOptions(rollout.command('list'), SHOWN)
    .description('list rollouts, the latest first')
    .argument('<product>', 'its productKey')
    .addHelpText('after', examples('rollout list a1Lock'))
    .action(
      action<[string], ListOptions>(async ({ out, connect }, [productKey], options) => {
        const client = await connect();
        const page = await readList((query) => client.rollouts.list(productKey, query), options, SHOWN);
        if (page.items.length === 0)
          out.say(`There are none yet. Start one: opencota rollout start ${productKey}`);
        if (page.items.length === 0 && !out.isJson) return;
        out.print(page, () =>
          renderTable(
            [
              { title: 'ROLLOUT', value: (item) => item.id, align: 'right' },
              { title: 'VERSION', value: (item) => item.version, align: 'right' },
              { title: 'STATE', value: sayState },
              {
                title: 'OUTCOME',
                value: (item) => item.outcome,
                paint: (cell, { outcome }) => out.look.style(OUTCOME_COLOURS[outcome], cell),
              },
              { title: 'DONE', value: (item) => `${percentOf(tallyOf(item))} %`, align: 'right' },
              { title: 'DEVICES', value: (item) => item.deviceTotal, align: 'right' },
              { title: 'STARTED', value: (item) => sayTime(item.createdAt) },
              { title: 'BY', value: (item) => item.createdBy },
              { title: 'NOTE', value: (item) => item.note },
            ],
            page.items,
            out.look,
          ),
        );
        if (page.nextCursor !== null) out.hint(`Older ones: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}
