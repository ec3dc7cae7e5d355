/** `config versions`: what was saved, the latest first. */
import type { VersionView } from '@opencota/contract/http/products';
import type { Command } from 'commander';
import { type ListOptions, listOptions, readList } from '../options.ts';
import { action, examples } from '../shell.ts';
import { renderTable } from '../table.ts';
import { sayBytes, sayTime } from '../text.ts';

const SHOWN = 5;
const DIGEST_CHARS = 12;

export function addConfigVersions(config: Command): void {
  listOptions(config.command('versions'), SHOWN)
    .description('list versions, the latest first')
    .argument('<product>', 'its productKey')
    .addHelpText('after', examples('config versions a1Lock --all'))
    .action(
      action<[string], ListOptions>(async ({ out, connect }, [productKey], options) => {
        const client = await connect();
        const page = await readList((query) => client.versions.list(productKey, query), options, SHOWN);
        if (page.items.length === 0)
          out.say(`There are none yet. Write one: opencota config edit ${productKey}`);
        if (page.items.length === 0 && !out.isJson) return;
        out.print(page, () =>
          renderTable(
            [
              { title: 'VERSION', value: (item) => item.number, align: 'right' },
              { title: 'SAVED', value: (item) => sayTime(item.createdAt) },
              { title: 'BY', value: (item) => item.author },
              { title: 'SIZE', value: (item) => sayBytes(item.size), align: 'right' },
              { title: 'SHA-256', value: (item) => item.sha256.slice(0, DIGEST_CHARS) },
              { title: 'NOTE', value: noteOf },
            ],
            page.items,
            out.look,
          ),
        );
        if (page.nextCursor !== null) out.hint(`Older ones: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}

function noteOf({ note, origin }: VersionView): string {
  return origin.kind === 'rollback' && note === '' ? `back to version ${origin.fromVersion}` : note;
}
