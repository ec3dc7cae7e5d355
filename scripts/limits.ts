/**
 * Fills the values of docs/limits.md in from the code. The words of the page are a person's; a number is never
 * written twice. A heading names the file whose constants, or schema members, the rows below it are.
 */
import { readFileSync } from 'node:fs';

const HEADING = /^## .*`((?:server|contract)\/src\/[^`]+\.ts)`/;
const ROW = /^\| `(?<name>\w+)` \| [^|]* \|/;

/** The page with every value as the code has it. */
export function fillLimits(page: string): string {
  let file = '';
  return page
    .split('\n')
    .map((line) => {
      file = line.startsWith('## ') ? (HEADING.exec(line)?.[1] ?? '') : file;
      const name = ROW.exec(line)?.groups?.name;
      if (name === undefined || file === '') return line;
      return line.replace(ROW, `| \`${name}\` | ${readValue(file, name).toLocaleString('en-US')} |`);
    })
    .join('\n');
}

/** A constant (`NAME = 64 * 1024;`), a member (`name: 4 * KIB,`), or the most that a schema lets a member have. */
function readValue(file: string, name: string): number {
  const text = readFileSync(file, 'utf8');
  const found =
    new RegExp(`\\b${name}(?: =|:) ([\\w *]+)[;,]`).exec(withoutTypes(text)) ??
    new RegExp(`\\b${name}: .*?(?:maximum|maxLength|maxItems): ([\\d_]+)`).exec(text);
  if (found === null) throw new Error(`docs/limits.md names ${name}, which is not in ${file}.`);
  const factors = found[1]!.split('*').map((factor) => factor.trim());
  return factors
    .map((factor) => (/^\d/.test(factor) ? Number(factor.replaceAll('_', '')) : readValue(file, factor)))
    .reduce((product, factor) => product * factor, 1);
}

/** `name: number;` in a type says nothing about the value. */
function withoutTypes(text: string): string {
  return text.replaceAll(/^\s*\w+: number;$/gm, '');
}
