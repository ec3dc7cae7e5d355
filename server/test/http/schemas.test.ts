/** A product's JSON Schema (R8): what it refuses, and that none can hang the server. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { ApiClient } from '../support/api-client.ts';
import { createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describe('R8: a product may have a JSON Schema', () => {
  let server: TestServer;
  let admin: ApiClient;
  let productKey: string;
  before(async () => {
    server = await startTestServer();
    ({ admin } = server);
  });
  beforeEach(async () => {
    ({ productKey } = await createProduct(admin));
  });
  after(() => server[Symbol.asyncDispose]());

  const putSchema = async (schema: unknown, headers?: Record<string, string>) => {
    const path = `/products/${productKey}/schema`;
    const raw = typeof schema === 'string' ? schema : JSON.stringify(schema);
    const etag = (await admin.get(path)).headers.get('etag')!;
    return admin.send('PUT', path, { raw, headers: headers ?? { 'if-match': etag } });
  };
  const saveText = async (raw: string) => {
    const draft = await admin.get(`/products/${productKey}/draft`);
    const headers = { 'if-match': draft.headers.get('etag')! };
    await admin.send('PUT', `/products/${productKey}/draft`, { raw, headers });
    return admin.post(`/products/${productKey}/versions`, {});
  };

  test('a save that violates it is refused with JSON Pointers, and one that obeys it goes through', async () => {
    const written = await putSchema({
      type: 'object',
      required: ['interval'],
      properties: { interval: { type: 'integer', minimum: 1 }, mode: { enum: ['eco', 'full'] } },
      additionalProperties: false,
    });
    assert.equal(written.status, 200, written.text);
    const refused = await saveText('{"interval":0,"mode":"fast","a/b":1}');
    assert.equal(refused.status, 422);
    assert.equal(refused.body.code, 'schema-violated');
    const pointers = refused.body.violations.map(({ pointer }: { pointer: string }) => pointer);
    assert.deepEqual(pointers.toSorted(), ['/a~1b', '/interval', '/mode']);
    assert.match(refused.body.detail, /breaks its schema at \//);
    assert.match((await saveText('{}')).body.detail, /at \(the top\)/);
    assert.equal((await saveText('{"interval":5,"mode":"eco"}')).status, 201);
  });

  test('it is guarded by an ETag like the draft', async () => {
    assert.equal((await admin.get(`/products/${productKey}/schema`)).status, 404);
    assert.equal((await putSchema({}, {})).status, 428);
    assert.equal((await putSchema({}, { 'if-match': '"7"' })).status, 412);
    const first = await putSchema({ type: 'object' }, { 'if-none-match': '*' });
    assert.equal(first.status, 200, first.text);
    const stale = await putSchema({}, { 'if-none-match': '*' });
    assert.equal(stale.status, 412);
    assert.equal(stale.body.currentRevision, 1);
    const read = await admin.get(`/products/${productKey}/schema`);
    assert.equal(read.text, '{"type":"object"}');
    assert.equal(read.headers.get('etag'), first.headers.get('etag'));
  });

  test('without it anything that is JSON may be saved again', async () => {
    await putSchema({ type: 'array' });
    assert.equal((await saveText('{}')).status, 422);
    const path = `/products/${productKey}/schema`;
    assert.equal((await admin.delete(path)).status, 428);
    const etag = (await admin.get(path)).headers.get('etag')!;
    assert.equal((await admin.delete(path, { 'if-match': etag })).status, 204);
    assert.equal((await admin.get(path)).status, 404);
    assert.equal((await saveText('{}')).status, 201);
    const again = await putSchema({ type: 'object' }, { 'if-none-match': '*' });
    assert.equal(again.headers.get('etag'), '"3"', 'none is there, though there was one');
    assert.equal((await putSchema({}, { 'if-none-match': '*' })).status, 412);
  });

  const UNUSABLE: [what: string, schema: unknown, reason: string][] = [
    ['a text that is not JSON', '{"type":', 'not-usable-text'],
    ['a keyword with a wrong value', { type: 'objekt' }, 'invalid-keyword'],
    ['a reference to another machine', { $ref: 'http://127.0.0.1:1/schema.json' }, 'remote-reference'],
    ['a reference to nothing', { $ref: '#/$defs/none' }, 'unresolved-reference'],
    ['a pattern that needs backtracking', { type: 'string', pattern: '(a)\\1' }, 'unsupported-pattern'],
    ['an older dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, 'unsupported-dialect'],
  ];
  for (const [what, schema, reason] of UNUSABLE) {
    test(`a schema with ${what} is refused`, async () => {
      const refused = await putSchema(schema);
      assert.equal(refused.status, 422, refused.text);
      assert.equal(refused.body.code, 'schema-invalid');
      assert.equal(refused.body.problems[0].reason, reason, refused.text);
      assert.equal((await admin.get(`/products/${productKey}/schema`)).status, 404);
    });
  }

  test('a pattern that is catastrophic elsewhere takes no time here', async () => {
    const properties = { a: { type: 'string', pattern: '^(a+)+$' } };
    assert.equal((await putSchema({ properties })).status, 200);
    const refused = await saveText(JSON.stringify({ a: `${'a'.repeat(30_000)}!` }));
    assert.equal(refused.body.code, 'schema-violated');
  });

  test('a schema that multiplies its own work is cut off while others are served', async () => {
    const level = (n: number) =>
      n === 0
        ? { type: 'integer' }
        : { anyOf: [{ $ref: `#/$defs/d${n - 1}` }, { $ref: `#/$defs/d${n - 1}` }] };
    const $defs = Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`d${n}`, level(n)]));
    assert.equal((await putSchema({ $ref: '#/$defs/d40', $defs })).status, 200);
    const slow = saveText('{}');
    assert.equal((await admin.get('/products')).status, 200);
    const refused = await slow;
    assert.equal(refused.body.code, 'schema-invalid', refused.text);
    assert.equal(refused.body.reason, 'time-limit');
  });

  test('what is checked less strictly than it says comes as a note', async () => {
    const written = await putSchema({ properties: { a: { format: 'licence-plate' } } });
    assert.equal(written.status, 200);
    assert.equal(written.body.notes.length, 1);
    assert.equal(written.body.notes[0].reason, 'unknown-format');
    assert.match(written.body.notes[0].message, /licence-plate/);
  });

  test('a schema over its size limit is refused', async () => {
    const refused = await putSchema({ description: 'x'.repeat(64 * 1024) });
    assert.equal(refused.status, 413);
    assert.match(refused.body.detail, /65536 bytes/);
  });
});
