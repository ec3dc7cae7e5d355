/** The log on standard output. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLog } from '../../src/observe/log.ts';

test('words for a person are in the log when print has ended, whatever its level', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-log-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'out');
  const { log, print } = createLog('error', false, path);
  for (let line = 1; line <= 3; line += 1) {
    log.warn('below the level');
    await print(`code ${line}`);
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    assert.equal(lines.length, line);
    assert.equal(JSON.parse(lines.at(-1)!).msg, `code ${line}`);
  }
});
