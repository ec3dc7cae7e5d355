/**
 * Writes the reference pages that are made from tables in the code: settings, problem codes, and the values of
 * limits. With --check, says whether they are up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { SETTINGS } from '../server/src/config.ts';
import { PROBLEMS } from '../server/src/http/problems.ts';
import { fillLimits } from './limits.ts';

const settings = Object.entries(SETTINGS).map(
  ([name, { default: value, meaning }]) =>
    `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${meaning} |`,
);
const problems = Object.entries(PROBLEMS).map(
  ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`,
);

const PAGES: Readonly<Record<string, string>> = {
  'docs/settings.md': `# Settings

Environment variables. Each may instead be given as a file: \`NAME_FILE=/path\`. An unknown \`OPENCOTA_\` name stops the start.

| name | default | meaning |
|---|---|---|
${settings.join('\n')}
`,
  'docs/errors.md': `# Problem codes

Every refusal of the API is an RFC 9457 problem (\`application/problem+json\`) with one of these codes. Codes are stable; \`detail\` is for people and
says what, where and what to do. \`requestId\` leads to the server's log.

| code | status | title |
|---|---|---|
${problems.join('\n')}
`,
  'docs/limits.md': fillLimits(readFileSync('docs/limits.md', 'utf8')),
};

for (const [path, text] of Object.entries(PAGES)) {
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`${path} is not what the code says. Run: npm run docs\n`);
    process.exitCode = 1;
  }
}
