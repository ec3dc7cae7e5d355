/** How deep a schema and a tree may be, and how long what is said about them: at the limit and above. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as domain from '../../src/domain/limits.ts';
import * as check from '../../src/json/check-config.ts';
import { parseJsonTree, TREE_DEPTH_MAX } from '../../src/json/json-tree.ts';
import { createSchemaChecker } from '../../src/json/schema-check.ts';
import { SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_TEXT_LENGTH_MAX } from '../../src/json/schema-types.ts';

const checker = createSchemaChecker();
after(() => checker[Symbol.asyncDispose]());

test('what the core and the checks of texts both limit has one value', () => {
  assert.deepEqual(
    [
      domain.CONFIG_BYTES_DEFAULT,
      domain.CONFIG_BYTES_CEILING,
      domain.CONFIG_DEPTH_MAX,
      domain.SCHEMA_BYTES_MAX,
    ],
    [check.CONFIG_BYTES_DEFAULT, check.CONFIG_BYTES_CEILING, check.CONFIG_DEPTH_MAX, SCHEMA_BYTES_MAX],
  );
});

test('a schema may be nested to its limit and not one deeper', async () => {
  /** The schema itself is the first level, `const` holds the others. */
  const schema = (depth: number) => `{"const":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  assert.deepEqual(await checker.checkSchema(schema(SCHEMA_DEPTH_MAX)), []);
  const [problem] = await checker.checkSchema(schema(SCHEMA_DEPTH_MAX + 1));
  assert.equal(problem?.severity, 'refusal');
});

test('what is said about a violation ends at its limit', async () => {
  const key = 'k'.repeat(3 * SCHEMA_TEXT_LENGTH_MAX);
  const schema = { properties: { [key]: { enum: ['v'.repeat(3 * SCHEMA_TEXT_LENGTH_MAX)] } } };
  const [violation] = await checker.validate(JSON.stringify(schema), JSON.stringify({ [key]: 1 }));
  for (const text of [violation?.pointer, violation?.message])
    assert.deepEqual([text?.length, text?.at(-1)], [SCHEMA_TEXT_LENGTH_MAX + 1, '…']);
});

test('a text may be compared to its limit of depth and not one deeper', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(parseJsonTree(nested(TREE_DEPTH_MAX)).root.kind, 'array');
  assert.throws(() => parseJsonTree(nested(TREE_DEPTH_MAX + 1)), SyntaxError);
});
