/** `config restore`: the content of a version goes into the editor; nothing else changes. */
import type { Command } from 'commander';
import { readDraft } from '../draft-changes.ts';
import { wholeNumber, yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { action, examples } from '../shell.ts';

export function addConfigRestore(config: Command): void {
  config
    .command('restore')
    .description('put the content of a version into the draft; saves and sends nothing')
    .argument('<product>', 'its productKey')
    .argument('<version>', 'its number', wholeNumber(1))
    .addOption(yesOption())
    .addHelpText('after', examples('config restore a1Lock 3'))
    .action(
      action<[string, number], { yes?: boolean }>(
        async ({ out, prompt, connect }, [productKey, version], { yes }) => {
          const client = await connect();
          await client.versions.get(productKey, version);
          const draft = await readDraft(client, productKey);
          if (draft.isUnsaved)
            await demandYes(prompt, `The draft of ${productKey} holds unsaved work. Overwrite it?`, yes);
          const written = await client.versions.restore(productKey, version, draft.etag);
          out.print(
            { productKey, version, draft: written },
            () => `The draft of ${productKey} is now version ${version}.`,
          );
          out.hint(`Save it as the next version: opencota config save ${productKey} -m "back to ${version}"`);
        },
      ),
    );
}
