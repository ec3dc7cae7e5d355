/** docs/limits.md: nothing that limits is missing, every value is the code's, every named test exists. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fillLimits } from '../../scripts/limits.ts';
import * as domain from '../src/domain/limits.ts';
import * as http from '../src/http/limits.ts';
import { DEFAULT_MQTT_LIMITS } from '../src/mqtt/limits.ts';
import { findBrokenReferences, listReferences } from './support/test-references.ts';

const page = readFileSync('docs/limits.md', 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));
const names = new Set(rows.map((row) => /`(\w+)`/.exec(row)![1]!));

/** Constants that end like limits and are none: sizes that a wire or a format has, and how much of a text is shown. */
const NOT_LIMITS: Readonly<Record<string, string>> = {
  PACKET_ID_MAX: 'two bytes in MQTT',
  LENGTH_BYTES_MAX: 'four bytes in MQTT',
  MESSAGE_ID_MAX: 'a number in Alink',
  JOINED_BYTES_MAX: 'packets up to this are joined into one write',
  QUOTED_LENGTH_MAX: 'how much of a text a finding quotes',
  WORD_LENGTH_MAX: 'how much of a text a finding quotes',
  EXPONENT_MAX: 'what is exact in a double',
  USER_NAME_CHARS_MAX: 'how much of a name an event shows',
  PURPOSE_CHARS_MAX: 'how much of a name a message shows',
  SHOWN_NAME_CHARS_MAX: 'how much of a name the audit log shows',
  AFFIX_CHARS_MAX: 'what counts as a disguise of a common password',
  REPEATED_CHARS_MAX: 'what counts as a disguise of a common password',
  RECOVERY_CODES_MAX: 'codes made at a time, by our own code',
  AGE_SECONDS_MAX: 'what a receiver of webhooks is advised to take',
};

test('every limit of a limits module stands on the page', () => {
  const expected = [domain, http, DEFAULT_MQTT_LIMITS].flatMap((module) => Object.keys(module));
  assert.ok(expected.length > 90);
  assert.deepEqual(
    expected.filter((name) => !names.has(name)),
    [],
  );
});

test('every constant of the server that is called a maximum stands on the page, or is known to be no limit', () => {
  const found = globSync('server/src/**/*.ts').flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/^(?:export )?const (\w+_MAX) = /gm)].map(([, name]) => name!),
  );
  assert.deepEqual(
    found.filter((name) => !names.has(name) && !Object.hasOwn(NOT_LIMITS, name)),
    [],
    'Name it in docs/limits.md with the test that tries it, then run: npm run docs',
  );
});

test('every value on the page is that of the code', () => {
  assert.equal(fillLimits(page), page, 'Run: npm run docs');
});

test('every limit names a test that exists, or says why it has none', () => {
  assert.deepEqual(findBrokenReferences(page), []);
  const bare = rows.filter((row) => listReferences(row).length === 0 && !row.includes('not tried'));
  assert.deepEqual(bare, []);
});
