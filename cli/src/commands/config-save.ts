/** `config save`: the draft becomes the next version. Sends nothing. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { sayFindings } from '../output.ts';
import { action, examples } from '../shell.ts';
import { sayBytes } from '../text.ts';

export function addConfigSave(config: Command): void {
  config
    .command('save')
    .description('save the draft as the next version; sends nothing')
    .argument('<product>', 'its productKey')
    .option('-m, --note <text>', 'what changed')
    .addHelpText('after', examples('config save a1Lock -m "shorter interval"'))
    .action(
      action<[string], { note?: string }>(async ({ out, connect }, [productKey], { note = '' }) => {
        const client = await connect();
        const saved = await client.versions.create(productKey, { note, idempotencyKey: randomUUID() });
        out.print(saved, () => `Saved version ${saved.number} of ${productKey} (${sayBytes(saved.size)}).`);
        for (const line of sayFindings(saved.warnings)) out.warn(line.trim());
        out.hint(`Push it: opencota rollout start ${productKey} --version ${saved.number}`);
      }),
    );
}
