import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version this server was packaged as. */
export function programVersion(): string {
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  // A package.json names a version.
  return (JSON.parse(text) as { version: string }).version;
}
