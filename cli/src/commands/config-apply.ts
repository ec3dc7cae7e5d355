/**
 * `config apply`: a file becomes the next version, in one step, for scripts and Git.
 *
 * The same file again does nothing. Unsaved work of somebody else in the editor is not overwritten unless one
 * says so, and what changes between looking and writing is caught by the draft's ETag. Sends nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { readConfigText } from '../config-text.ts';
import { demandNoForeignWork, readDraft } from '../draft-changes.ts';
import { sayFindings } from '../output.ts';
import { action, examples } from '../shell.ts';
import { sayBytes } from '../text.ts';

type Options = { file: string; note?: string; force?: boolean; yaml?: boolean };

export function addConfigApply(config: Command): void {
  config
    .command('apply')
    .description('write a file into the draft and save it as the next version; sends nothing')
    .argument('<product>', 'its productKey')
    .requiredOption('-f, --file <file>', 'JSON or YAML; - is standard input')
    .option('--yaml', 'standard input is YAML')
    .option('-m, --note <text>', 'what changed')
    .option('--force', 'overwrite unsaved work of somebody else in the draft')
    .addHelpText('after', examples('config apply a1Lock -f lock.json -m "from Git, 3f2c1a"'))
    .action(
      action<[string], Options>(async ({ out, connect }, [productKey], { file, note = '', force, yaml }) => {
        const client = await connect();
        const { content } = await readConfigText(file, yaml, out);
        const draft = await readDraft(client, productKey);
        const { latestVersion, latestContent } = draft;
        if (latestContent !== undefined && Buffer.compare(latestContent, content) === 0) {
          const version = await client.versions.get(productKey, latestVersion);
          out.print(
            { changed: false, version },
            () => `${file} is version ${latestVersion} already; nothing was done.`,
          );
          return;
        }
        // Checked before anything is written, so that a refused file leaves the draft as it was.
        const { warnings } = await client.products.validate(productKey, content);
        const isWritten = Buffer.compare(draft.content, content) === 0;
        if (!isWritten) {
          if (!force) await demandNoForeignWork(client, productKey, draft);
          await client.drafts.put(productKey, { content, etag: draft.etag });
        }
        const version = await client.versions.create(productKey, { note, idempotencyKey: randomUUID() });
        out.print(
          { changed: true, version },
          () => `Saved ${file} as version ${version.number} (${sayBytes(version.size)}).`,
        );
        for (const line of sayFindings(warnings)) out.warn(line.trim());
        out.hint(`Push it: opencota rollout start ${productKey} --version ${version.number}`);
      }),
    );
}
