/** The version of this program, as its package says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function readVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  const { version }: { version?: unknown } = JSON.parse(text);
  return String(version);
}

export const VERSION: string = readVersion();
