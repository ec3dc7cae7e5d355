/** `product set`: every setting of a product, as one table of options. */
import type { ProductPatch } from '@opencota/contract/http/products';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { usageError } from '../exit.ts';
import { onOrOff, wholeNumber } from '../options.ts';
import { action, examples } from '../shell.ts';

type Setting = {
  flags: string;
  meaning: string;
  choices?: readonly string[];
  parse?: (text: string) => unknown;
};

/** The names are those of the API, so that what commander parses is the patch. */
const SETTINGS: readonly Setting[] = [
  { flags: '--name <text>', meaning: 'name for people' },
  { flags: '--cool-down-seconds <n>', meaning: 'time between two pushes', parse: wholeNumber(0, 604_800) },
  { flags: '--done-when <what>', meaning: 'what counts as done', choices: ['downloaded', 'applied'] },
  { flags: '--request-policy <which>', meaning: 'what a request gets', choices: ['saved', 'rolledOut'] },
  { flags: '--config-bytes-max <n>', meaning: 'size limit of a version', parse: wholeNumber(1, 1_048_576) },
  { flags: '--attempt-timeout-seconds <n>', meaning: 'patience per attempt', parse: wholeNumber(1, 3_600) },
  {
    flags: '--deadline-seconds <n>',
    meaning: 'how long offline devices are waited for',
    parse: wholeNumber(1, 7_776_000),
  },
  { flags: '--registration-allowed <on|off>', meaning: 'devices may register themselves', parse: onOrOff },
  {
    flags: '--unknown-devices-allowed <on|off>',
    meaning: '… also those nobody created before',
    parse: onOrOff,
  },
  { flags: '--strong-sign-required <on|off>', meaning: 'refuse HMAC-MD5 and HMAC-SHA1', parse: onOrOff },
  {
    flags: '--retention-versions <n|all>',
    meaning: 'how many versions to keep, at least 5',
    parse: retention,
  },
];

function retention(text: string): number | null {
  if (text === 'all') return null;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 5) return value;
  throw new InvalidArgumentError('It must be "all" or a whole number from 5.');
}

export function addProductSet(product: Command): void {
  const set = product.command('set').description('change settings').argument('<product>', 'its productKey');
  for (const { flags, meaning, choices, parse } of SETTINGS) {
    const option = new Option(flags, meaning);
    if (choices !== undefined) option.choices(choices);
    if (parse !== undefined) option.argParser(parse);
    set.addOption(option);
  }
  set.addHelpText('after', examples('product set a1Lock --cool-down-seconds 600 --done-when applied')).action(
    action<[string], ProductPatch & Record<string, unknown>>(
      async ({ out, connect }, [productKey], options) => {
        const { json: _json, context: _context, url: _url, ...patch } = options;
        const names = Object.keys(patch);
        if (names.length === 0)
          throw usageError('Nothing to change was given.', 'See: opencota product set --help');
        const changed = await (await connect()).products.update(productKey, patch);
        out.print(changed, () => `Changed ${names.join(', ')} of ${productKey}.`);
      },
    ),
  );
}
