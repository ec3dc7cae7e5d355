/** `config get`: the bytes of a version or of the draft, as they are. */
import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import { wholeNumber } from '../options.ts';
import { action, examples, type Shell } from '../shell.ts';
import { count } from '../text.ts';

type Options = { version?: number; draft?: boolean; output?: string };

export function addConfigGet(config: Command): void {
  config
    .command('get')
    .description('print the latest version, another one, or the draft, byte for byte')
    .argument('<product>', 'its productKey')
    .option('--version <n>', 'this version', wholeNumber(1))
    .addOption(new Option('--draft', 'the text in the editor').conflicts('version'))
    .option('-o, --output <file>', 'write it to a file')
    .addHelpText('after', examples('config get a1Lock > lock.json', 'config get a1Lock --draft'))
    .action(
      action<[string], Options>(async (shell, [productKey], options) => {
        const { out } = shell;
        const { content, ...about } = options.draft
          ? await readDraft(shell, productKey)
          : await readVersion(shell, productKey, options.version);
        const { output } = options;
        if (output !== undefined) await writeFile(output, content);
        if (out.isJson)
          out.print(
            { productKey, ...about, ...(output === undefined ? { text: textOf(content) } : { output }) },
            () => '',
          );
        else if (output === undefined) out.write(content);
        else out.say(`Wrote ${count(content.length, 'byte')} to ${output}.`);
      }),
    );
}

const textOf = (content: Uint8Array) => Buffer.from(content).toString('utf8');

async function readDraft({ connect }: Shell, productKey: string) {
  const { content, etag } = await (await connect()).drafts.get(productKey);
  if (content.length > 0) return { source: 'draft', etag, content };
  throw new CommandError(`The draft of ${productKey} is empty.`, {
    code: 'draft-empty',
    exit: EXIT.notFound,
    hint: `Write one: opencota config edit ${productKey}`,
  });
}

async function readVersion({ connect }: Shell, productKey: string, wanted: number | undefined) {
  const client = await connect();
  const number = wanted ?? (await client.products.get(productKey)).latestVersion;
  if (number === 0)
    throw new CommandError(`${productKey} has no version yet.`, {
      code: 'version-not-found',
      exit: EXIT.notFound,
      hint: `Write one: opencota config edit ${productKey}`,
    });
  const version = await client.versions.get(productKey, number);
  return { source: 'version', ...version, content: await client.versions.content(productKey, number) };
}
