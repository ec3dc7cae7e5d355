/**
 * `config edit`: the draft in one's own editor.
 *
 * What was typed is never lost: when the server refuses it, the file stays and its path is said. When somebody
 * else changed the draft meanwhile, nothing is overwritten.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { runEditor } from '../child-process.ts';
import { CommandError, EXIT, type ExitCode, usageError } from '../exit.ts';
import { sayFindings } from '../output.ts';
import { action, examples, type Shell } from '../shell.ts';
import { sayBytes } from '../text.ts';

type Options = { save?: boolean; note?: string };
type Written = Awaited<ReturnType<Client['drafts']['put']>>;
const FILE_MODE = 0o600;
const EMPTY = '{\n}\n';

export function addConfigEdit(config: Command): void {
  config
    .command('edit')
    .description('edit the draft in $VISUAL or $EDITOR; starts from the latest version when there is none')
    .argument('<product>', 'its productKey')
    .option('--save', 'save it as the next version afterwards')
    .option('-m, --note <text>', 'note of the version (with --save)')
    .addHelpText('after', examples('config edit a1Lock', 'config edit a1Lock --save -m "shorter interval"'))
    .action(
      action<[string], Options>(async (shell, [productKey], { save, note = '' }) => {
        if (shell.environment.isEditorAssumed && !shell.prompt.isInteractive)
          throw usageError(
            'There is no terminal to edit on.',
            'Set EDITOR to a program that needs none, or use: opencota config apply',
          );
        const client = await shell.connect();
        const written = await editDraft(shell, client, productKey);
        if (written === undefined) {
          shell.out.print({ productKey, changed: false }, () => 'Nothing was changed.');
          return EXIT.ok;
        }
        const hasProblems = written.problems.length > 0;
        if (!save || hasProblems) return reportDraft(shell, productKey, written);
        const version = await client.versions.create(productKey, { note });
        shell.out.print(
          { productKey, changed: true, draft: written, version },
          () => `Saved version ${version.number}.`,
        );
        shell.out.hint(`Push it: opencota rollout start ${productKey} --version ${version.number}`);
        return EXIT.ok;
      }),
    );
}

function reportDraft({ out }: Shell, productKey: string, written: Written): ExitCode {
  const { problems, warnings, size } = written;
  out.print({ productKey, changed: true, draft: written }, () => `The draft is kept (${sayBytes(size)}).`);
  for (const line of sayFindings(warnings)) out.warn(line.trim());
  if (problems.length === 0) {
    out.hint(`Save it: opencota config save ${productKey} -m "what changed"`);
    return EXIT.ok;
  }
  out.say(['It cannot be saved as it is:', ...sayFindings(problems)].join('\n'));
  out.hint(`Go on: opencota config edit ${productKey}`);
  return EXIT.failed;
}

/** Undefined: the text is as it was. */
async function editDraft(shell: Shell, client: Client, productKey: string): Promise<Written | undefined> {
  const { content, etag } = await client.drafts.get(productKey);
  const before = content.length > 0 ? content : await firstText(client, productKey);
  const directory = await mkdtemp(join(tmpdir(), 'opencota-edit-'));
  const file = join(directory, `${productKey.replaceAll(/[^A-Za-z0-9]/g, '_')}.json`);
  await writeFile(file, before, { mode: FILE_MODE });
  const written = await editUntilGood(shell, { client, productKey, etag, file, before });
  await rm(directory, { recursive: true });
  return written;
}

async function firstText(client: Client, productKey: string): Promise<Uint8Array> {
  const { latestVersion } = await client.products.get(productKey);
  return latestVersion === 0 ? Buffer.from(EMPTY) : client.versions.content(productKey, latestVersion);
}

type Editing = { client: Client; productKey: string; etag: string; file: string; before: Uint8Array };

async function editUntilGood(shell: Shell, editing: Editing): Promise<Written | undefined> {
  const { client, productKey, file, before } = editing;
  let { etag } = editing;
  let last: Written | undefined;
  let seen = before;
  for (;;) {
    if ((await runEditor(shell.environment.editor, file)) !== 0) throw editorFailed(shell, file);
    const content = await readFile(file);
    if (Buffer.compare(content, seen) === 0) return last;
    if (content.length === 0) throw usageError('The text is empty; the draft was left as it is.');
    last = await keepingText(file, () => client.drafts.put(productKey, { content, etag }));
    etag = `"${last.revision}"`;
    seen = content;
    if (last.problems.length === 0 || !shell.prompt.isInteractive) return last;
    shell.out.say(['It cannot be saved as it is:', ...sayFindings(last.problems)].join('\n'));
    if (!(await shell.prompt.confirm('Edit again?'))) return last;
  }
}

async function keepingText<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    process.stderr.write(`Your text is kept in ${file}\n`);
    throw error;
  }
}

function editorFailed({ environment }: Shell, file: string): CommandError {
  return new CommandError(
    `The editor (${environment.editor}) did not end well; the draft was left as it is.`,
    {
      code: 'editor-failed',
      exit: EXIT.failed,
      hint: `Your text is kept in ${file}. Another editor: set EDITOR.`,
    },
  );
}
