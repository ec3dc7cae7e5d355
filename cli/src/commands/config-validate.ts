/** `config validate`: what a save would say, without writing anything. */
import { ApiProblem } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { readConfigText } from '../config-text.ts';
import { EXIT } from '../exit.ts';
import { sayFindings } from '../output.ts';
import { action, examples } from '../shell.ts';
import { sayBytes } from '../text.ts';

const REFUSALS: ReadonlySet<string> = new Set([
  'config-invalid',
  'schema-violated',
  'limit-exceeded',
  'too-large',
]);

export function addConfigValidate(config: Command): void {
  config
    .command('validate')
    .description('check a file against the limits and the schema of a product; writes nothing')
    .argument('<product>', 'its productKey')
    .requiredOption('-f, --file <file>', 'JSON or YAML; - is standard input')
    .option('--yaml', 'standard input is YAML')
    .addHelpText('after', examples('config validate a1Lock -f lock.json'))
    .action(
      action<[string], { file: string; yaml?: boolean }>(
        async ({ out, connect }, [productKey], { file, yaml }) => {
          const client = await connect();
          const { content, isConverted } = await readConfigText(file, yaml, out);
          try {
            const { warnings } = await client.products.validate(productKey, content);
            out.print(
              { valid: true, size: content.length, warnings },
              () => `${file} is valid (${sayBytes(content.length)}).`,
            );
            for (const line of sayFindings(warnings)) out.warn(line.trim());
            return EXIT.ok;
          } catch (error) {
            if (!(error instanceof ApiProblem) || !REFUSALS.has(error.code)) throw error;
            const { code, detail, members } = error;
            // That it is not valid is the answer, not a failure to answer.
            out.print({ valid: false, code, detail, ...members }, () => `${file} is not valid. ${detail}`);
            const findings = [members.problems, members.violations].find(Array.isArray) ?? [];
            if (findings.length > 1) out.say(sayFindings(findings).join('\n'));
            if (isConverted && code === 'config-invalid')
              out.say('Lines and columns are those of the converted JSON.');
            return EXIT.failed;
          }
        },
      ),
    );
}
