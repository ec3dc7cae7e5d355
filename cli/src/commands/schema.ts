/** `schema get|set|remove`. */
import type { Client } from '@opencota/contract/http/client';
import { ApiProblem } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { readInput } from '../input.ts';
import { yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { action, examples } from '../shell.ts';

export function addSchemaCommands(schema: Command): void {
  addGet(schema);
  addSet(schema);
  addRemove(schema);
}

function addGet(schema: Command): void {
  schema
    .command('get')
    .description('print the schema, byte for byte')
    .argument('<product>', 'its productKey')
    .addHelpText('after', examples('schema get a1Lock > lock.schema.json'))
    .action(
      action<[string]>(async ({ out, connect }, [productKey]) => {
        const { content, etag } = await (await connect()).schemas.get(productKey);
        if (out.isJson)
          out.print({ productKey, etag, text: Buffer.from(content).toString('utf8') }, () => '');
        else out.write(content);
      }),
    );
}

/** The ETag to write against; a product without a schema has one, too. */
async function etagOf(client: Client, productKey: string): Promise<string> {
  try {
    return (await client.schemas.get(productKey)).etag;
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'not-found') return '"0"';
    throw error;
  }
}

function addSet(schema: Command): void {
  schema
    .command('set')
    .description('set the JSON Schema (2020-12) that versions must obey from now on')
    .argument('<product>', 'its productKey')
    .requiredOption('-f, --file <file>', 'the schema; - is standard input')
    .addHelpText('after', examples('schema set a1Lock -f lock.schema.json'))
    .action(
      action<[string], { file: string }>(async ({ out, connect }, [productKey], { file }) => {
        const client = await connect();
        const content = await readInput(file);
        const written = await putSchema(client, productKey, content);
        out.print({ productKey, ...written }, () => `Versions of ${productKey} must now obey ${file}.`);
        for (const { pointer, message } of written.notes) out.warn(`${pointer || '(the top)'}: ${message}`);
      }),
    );
}

/** A removed schema keeps its revision, which only the refusal tells. */
async function putSchema(client: Client, productKey: string, content: Uint8Array) {
  const etag = await etagOf(client, productKey);
  try {
    return await client.schemas.put(productKey, { content, etag });
  } catch (error) {
    const revision = error instanceof ApiProblem ? error.members.currentRevision : undefined;
    if (etag !== '"0"' || typeof revision !== 'number') throw error;
    return client.schemas.put(productKey, { content, etag: `"${revision}"` });
  }
}

function addRemove(schema: Command): void {
  schema
    .command('remove')
    .description('remove the schema; versions are then only checked as JSON')
    .argument('<product>', 'its productKey')
    .addOption(yesOption())
    .addHelpText('after', examples('schema remove a1Lock --yes'))
    .action(
      action<[string], { yes?: boolean }>(async ({ out, prompt, connect }, [productKey], { yes }) => {
        const client = await connect();
        const { etag } = await client.schemas.get(productKey);
        await demandYes(prompt, `Remove the schema of ${productKey}?`, yes);
        await client.schemas.remove(productKey, etag);
        out.print({ removed: { productKey } }, () => `${productKey} has no schema any more.`);
      }),
    );
}
