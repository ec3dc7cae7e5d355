/**
 * `device import`: registers many devices and prints their secrets as CSV.
 *
 * The same file may be sent again: devices that exist are left as they are, and that is no failure.
 */
import { writeFile } from 'node:fs/promises';
import type { Client } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../input.ts';
import { action, examples, type Shell } from '../shell.ts';
import { clean, count } from '../text.ts';

type Row = Awaited<ReturnType<Client['devices']['import']>>['rows'][number];
const COMPLAINTS_SHOWN = 20;
/** The file holds secrets. */
const FILE_MODE = 0o600;

export function addDeviceImport(device: Command): void {
  device
    .command('import')
    .description('register many devices from CSV; prints deviceName,deviceSecret of the new ones, shown once')
    .argument('<product>', 'its productKey')
    .argument('<file>', 'CSV with deviceName, tags (separated by ;), deviceSecret; - is standard input')
    .option('-o, --output <file>', 'write the secrets to a new file instead of standard output')
    .addHelpText(
      'after',
      examples('device import a1Lock devices.csv -o secrets.csv', 'device import a1Lock - < devices.csv'),
    )
    .action(
      action<[string, string], { output?: string }>(async (shell, [productKey, file], { output }) => {
        const client = await shell.connect();
        const csv = await readInput(file);
        // Made first: secrets that cannot be written down would be lost.
        if (output !== undefined) await writeFile(output, '', { mode: FILE_MODE, flag: 'wx' });
        const answer = await client.devices.import(productKey, csv);
        const secrets = csvOf(answer.rows);
        if (output !== undefined) await writeFile(output, secrets, { mode: FILE_MODE });
        if (shell.out.isJson) shell.out.print(answer, () => '');
        else if (output === undefined && answer.created > 0) shell.out.write(Buffer.from(secrets));
        return report(shell, answer.rows, output);
      }),
    );
}

function csvOf(rows: readonly Row[]): string {
  const created = rows.filter(({ deviceSecret }) => deviceSecret !== undefined);
  return [
    'deviceName,deviceSecret',
    ...created.map((row) => `${row.deviceName},${row.deviceSecret}`),
    '',
  ].join('\n');
}

function report({ out }: Shell, rows: readonly Row[], output: string | undefined): ExitCode {
  const many = (status: Row['status']) => rows.filter((row) => row.status === status).length;
  const bad = rows.filter(
    ({ status }) => status === 'invalid' || status === 'duplicate' || status === 'failed',
  );
  const created = many('created');
  const parts = [count(created, 'device registered', 'devices registered')];
  if (many('exists') > 0) parts.push(`${many('exists')} existed already`);
  if (bad.length > 0) parts.push(`${bad.length} refused`);
  out.say(`${parts.join(', ')}.`);
  if (created > 0)
    out.say(`Secrets are not shown again${output === undefined ? '' : `; they are in ${output}`}.`);
  for (const { row, deviceName, message } of bad.slice(0, COMPLAINTS_SHOWN))
    out.say(`  row ${row}, ${clean(deviceName) || '(no name)'}: ${message}`);
  if (bad.length > COMPLAINTS_SHOWN) out.say(`  … and ${bad.length - COMPLAINTS_SHOWN} more (all: --json)`);
  return bad.length > 0 ? EXIT.failed : EXIT.ok;
}
