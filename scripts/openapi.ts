/**
 * Writes contract/openapi.json from the routes of a server; with --check, says whether it is up to date.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApp } from '../server/src/app.ts';
import { readConfig } from '../server/src/config.ts';

const FILE = new URL('../contract/openapi.json', import.meta.url);

async function currentDocument(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-openapi-'));
  const config = readConfig({
    OPENCOTA_DATA_DIR: dir,
    OPENCOTA_HOST: '127.0.0.1',
    OPENCOTA_HTTP_PORT: '0',
    OPENCOTA_MQTT_PORT: 'off',
  });
  try {
    await using app = await startApp({ config, log: pino({ level: 'silent' }), print: () => undefined });
    const response = await fetch(`http://127.0.0.1:${app.httpPort}/api/v1/openapi.json`);
    return `${JSON.stringify(await response.json(), null, 2)}\n`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const document = await currentDocument();
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, document);
} else if (readFileSync(FILE, 'utf8') !== document) {
  process.stderr.write('contract/openapi.json is not what the routes say. Run: npm run openapi\n');
  process.exitCode = 1;
}
