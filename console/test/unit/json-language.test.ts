import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSchemaHints, formatEdits, toSnippet } from '../../src/editor/json-language.ts';

function format(text: string): string {
  return formatEdits(text).reduceRight(
    (done, { from, to, insert }) => done.slice(0, from) + insert + done.slice(to),
    text,
  );
}

it('formatting moves white space and nothing else', () => {
  const text = '{"z":9007199254740993,"a":1.0,"a":[1e2,{"b":"\\u00e9"}],\n\n"e":{}}';
  const formatted = format(text);
  assert.equal(formatted.replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
  assert.match(formatted, /^\{\n {2}"z": 9007199254740993,\n {2}"a": 1\.0,\n {2}"a": \[\n {4}1e2,/);
  assert.equal(format(formatted), formatted);
});

it('a schema offers its members and values, and says what they mean', async () => {
  const hints = createSchemaHints(
    JSON.stringify({
      type: 'object',
      properties: {
        mode: { enum: ['eco', 'full'], description: 'How bright' },
        pattern: { type: 'string', pattern: '(a+)+$', description: 'A property of that name' },
      },
    }),
  );
  const members = await hints.complete('{\n  \n}', 4);
  assert.deepEqual(members.map(({ label }) => label).sort(), ['mode', 'pattern']);
  const values = await hints.complete('{"mode": }', 9);
  assert.deepEqual(
    values.map(({ label }) => label),
    ['"eco"', '"full"'],
  );
  const text = '{"mode": "eco"}';
  assert.match((await hints.hover(text, 3))!.text, /^How bright/);
  assert.match(
    (await hints.hover('{"pattern": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}', 3))!.text,
    /of that name/,
  );
});

it('places of a snippet are told in the words of the editor', () => {
  assert.equal(toSnippet('"mode": $1'), `"mode": \${1}`);
  assert.equal(toSnippet(`"mode": "\${1:eco}"`), `"mode": "\${1:eco}"`);
});
