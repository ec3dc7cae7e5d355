/** `config diff`: what is different between two versions. */
import type { Command } from 'commander';
import { sayChanges } from '../changes.ts';
import { usageError } from '../exit.ts';
import { wholeNumber } from '../options.ts';
import { action, examples } from '../shell.ts';
import type { Style } from '../table.ts';
import { cleanLines } from '../text.ts';

type Numbers = [product: string, from?: number, to?: number];
type Options = { from?: number; to?: number; changes?: boolean };

export function addConfigDiff(config: Command): void {
  config
    .command('diff')
    .description('compare two versions; without numbers, the latest with the one before')
    .argument('<product>', 'its productKey')
    .argument('[from]', 'the older version', wholeNumber(1))
    .argument('[to]', 'the newer version', wholeNumber(1))
    .option('--from <n>', 'the same as [from]', wholeNumber(1))
    .option('--to <n>', 'the same as [to]', wholeNumber(1))
    .option('--changes', 'list what changed in meaning instead of the text')
    .addHelpText('after', examples('config diff a1Lock', 'config diff a1Lock 3 7 --changes'))
    .action(
      action<Numbers, Options>(async ({ out, connect }, [productKey, older, newer], options) => {
        const client = await connect();
        const to = newer ?? options.to ?? (await client.products.get(productKey)).latestVersion;
        const from = older ?? options.from ?? to - 1;
        if (from < 1)
          throw usageError(`${productKey} has no two versions to compare.`, 'Name them: --from and --to.');
        const diff = await client.versions.diff(productKey, { from, to });
        out.print(diff, () => {
          if (diff.text === '') return `Versions ${from} and ${to} are the same, byte for byte.`;
          return options.changes ? sayChanges(diff, out.look.style) : paint(diff.text, out.look.style);
        });
        if (diff.textOnly && diff.text !== '') out.say('The texts differ, their meaning does not.');
      }),
    );
}

function paint(text: string, style: Style): string {
  const lines = cleanLines(text.replace(/\n$/, '')).split('\n');
  return lines
    .map((line) => {
      if (line.startsWith('+++') || line.startsWith('---')) return style('bold', line);
      if (line.startsWith('@@')) return style('cyan', line);
      if (line.startsWith('+')) return style('green', line);
      return line.startsWith('-') ? style('red', line) : line;
    })
    .join('\n');
}
