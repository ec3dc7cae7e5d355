/** The OpenAPI document: whole, checked in, and true of what the server answers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { AlinkDevice, download } from '../support/alink-device.ts';
import type { ApiAnswer, ApiClient } from '../support/api-client.ts';
import { createDevice, createProduct, untilOnline } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

type Json = Record<string, unknown>;
type Content = Record<string, { schema?: Json }>;
type Operation = {
  tags?: string[];
  summary?: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Content };
  responses: Record<string, { description?: string; content?: Content }>;
  security?: unknown[];
};
type Document = Json & {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
};

const CHECKED_IN = new URL('../../../contract/openapi.json', import.meta.url);
const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

let server: TestServer;
let admin: ApiClient;
let document: Document;
let operations: { name: string; path: string; operation: Operation }[];

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
  ({ admin } = server);
  document = (await server.nobody.get('/openapi.json')).body;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
  );
});
after(() => server[Symbol.asyncDispose]());

describe('the document', () => {
  test('is OpenAPI 3.1, and what is checked in is what the server says', () => {
    assert.match(document.openapi, /^3\.1\.\d+$/);
    assert.deepEqual(document, JSON.parse(readFileSync(CHECKED_IN, 'utf8')), 'run: npm run openapi');
  });

  test('has no reference that leads nowhere', () => {
    let references = 0;
    const look = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === '$ref' && typeof inner === 'string') {
          references += 1;
          assert.notEqual(resolve(inner), undefined, inner);
        } else look(inner);
      }
    };
    look(document);
    assert.ok(references > 50);
  });

  test('says of each operation what it is for, where it belongs, what it answers and how it refuses', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { name, path, operation } of operations) {
      assert.ok(METHODS.includes(name.split(' ')[0]!), name);
      assert.ok((operation.summary ?? '').length >= 5, `${name} has no summary`);
      assert.equal(operation.tags?.length, 1, name);
      assert.ok(tags.includes(operation.tags[0]!), name);
      const successes = Object.keys(operation.responses).filter((status) => /^2\d\d$/.test(status));
      assert.equal(successes.length, 1, name);
      assert.notEqual(operation.responses[successes[0]!]!.description, 'Default Response', name);
      const problem = operation.responses.default?.content?.['application/problem+json']?.schema;
      assert.deepEqual(problem, { $ref: '#/components/schemas/Problem' }, name);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!);
      const described = (operation.parameters ?? []).filter((each) => each.in === 'path');
      assert.deepEqual(described.map((each) => each.name).toSorted(), inPath.toSorted(), name);
      assert.ok(
        described.every(({ required }) => required),
        name,
      );
    }
  });

  test('shows the body of every operation that takes one, texts that are no JSON of ours included', () => {
    const bodyOf = (name: string) =>
      operations.find((each) => each.name === name)!.operation.requestBody?.content;
    assert.ok(bodyOf('put /api/v1/products/{productKey}/draft')?.['application/json']);
    assert.ok(bodyOf('put /api/v1/products/{productKey}/schema')?.['application/json']);
    assert.ok(bodyOf('post /api/v1/products/{productKey}/devices/bulk')?.['text/csv']);
    assert.ok(bodyOf('post /api/v1/products')?.['application/json']);
  });

  test('marks as open only what is', () => {
    const open = operations
      .filter(({ operation }) => operation.security?.length === 0)
      .map(({ name }) => name);
    assert.deepEqual(open.toSorted(), [
      'post /api/v1/session',
      'post /api/v1/sign-in-codes',
      'post /api/v1/sign-in-codes/claim',
    ]);
  });

  test('names in its patterns only digits, which is what refusals say of them', () => {
    const patterns = [...JSON.stringify(document.paths).matchAll(/"pattern":"([^"]*)"/g)].map(
      ([, text]) => text!,
    );
    assert.ok(patterns.length > 0);
    for (const pattern of patterns) assert.match(pattern, /^\^\[0-9\]\{1,\d+\}\$$/);
  });
});

describe('what the server answers is what the document says', () => {
  const seen = new Set<string>();

  function check(name: string, answer: ApiAnswer): ApiAnswer {
    const { operation } = operations.find((each) => each.name === name)!;
    const expected = operation.responses[String(answer.status)];
    assert.ok(expected, `${name} answered ${answer.status}: ${answer.text}`);
    seen.add(name);
    if (answer.status === 204) {
      assert.equal(answer.text, '', name);
      return answer;
    }
    const type = answer.headers.get('content-type')!.split(';')[0]!;
    const schema = expected.content?.[type]?.schema;
    assert.ok(schema, `${name} does not document ${type}`);
    const isValid = compile(schema);
    assert.ok(isValid(answer.body), `${name}: ${JSON.stringify(isValid.errors)}\n${answer.text}`);
    return answer;
  }
  const get = async (path: string, values: Record<string, string | number> = {}, query = '') => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(values[key]));
    return check(`get /api/v1${path}`, await admin.get(filled + query));
  };
  const post = async (path: string, body: unknown, values: Record<string, string | number> = {}) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(values[key]));
    return check(`post /api/v1${path}`, await admin.post(filled, body));
  };

  test('of every GET and of the POSTs that make something', async () => {
    const made = await post('/products', { name: 'Lamp' });
    assert.match(made.body.productSecret, /^[0-9a-f]{32}$/);
    const { productKey } = await createProduct(admin);
    const values: Record<string, string | number> = {
      productKey,
      deviceName: 'lamp-1',
      number: 1,
      username: 'vera',
    };
    const lamp = await createDevice(admin, productKey);
    await post('/products/{productKey}/devices', { deviceName: 'lamp-2', tags: ['beta', 'floor=3'] }, values);
    await post(
      '/products/{productKey}/devices/{deviceName}/rotate-secret',
      {},
      { ...values, deviceName: 'lamp-2' },
    );
    await post('/products/{productKey}/rotate-secret', undefined, { productKey: made.body.productKey });
    const draft = `/products/${productKey}/draft`;
    const raw = '{"a":1.0,"id":9007199254740993}';
    const put = await admin.send('PUT', draft, { raw, headers: { 'if-match': '"0"' } });
    check('put /api/v1/products/{productKey}/draft', put);
    await get('/products/{productKey}/draft', values);
    const schema = await admin.send('PUT', `/products/${productKey}/schema`, {
      raw: '{"properties":{"a":{"format":"odd"}}}',
      headers: { 'if-none-match': '*' },
    });
    check('put /api/v1/products/{productKey}/schema', schema);
    await get('/products/{productKey}/schema', values);
    await post('/products/{productKey}/versions', { note: 'first' }, values);
    await post('/products/{productKey}/versions', {}, values);
    check(
      'post /api/v1/products/{productKey}/validate',
      await admin.send('POST', `/products/${productKey}/validate`, { raw }),
    );
    await get('/products/{productKey}/versions', values);
    await get('/products/{productKey}/versions/{number}', values);
    await get('/products/{productKey}/versions/{number}/content', values);
    await get('/products/{productKey}/versions/diff', values, '?from=1&to=2');
    await post('/products/{productKey}/versions/{number}/restore', undefined, values);
    await post('/products/{productKey}/rollouts/preview', { version: 1 }, values);

    const { code, secret } = (await post('/sign-in-codes', undefined)).body;
    await get('/sign-in-codes/{code}', { code });
    await post('/sign-in-codes/{code}/decision', { allow: true }, { code });
    await post('/sign-in-codes/claim', { secret });
    await using device = await AlinkDevice.connect(server.mqttPort, lamp);
    await untilOnline(admin, productKey, 1);
    const rollout = await post('/products/{productKey}/rollouts', { version: 1 }, values);
    const offer = await device.nextPush();
    await download(offer);
    await device.reply(offer.id, 100_002, { message: 'no room' });
    const { id } = rollout.body;
    await until('it has failed', async () => (await admin.get(`/rollouts/${id}`)).body.counters.failed === 1);
    await get('/rollouts/{id}', { id });
    await get('/rollouts/{id}/deliveries', { id });
    await get('/products/{productKey}/rollouts', values);
    await get('/products/{productKey}/devices', values);
    const detail = await get('/products/{productKey}/devices/{deviceName}', values);
    assert.equal(detail.body.lastError.message, 'no room');
    await get('/products/{productKey}/devices/{deviceName}/deliveries', values);
    await post('/products/{productKey}/devices/{deviceName}/send', undefined, values);
    for (const action of ['retry-failed', 'pause', 'resume', 'cancel']) {
      await post(`/rollouts/{id}/actions/${action}`, undefined, { id });
    }
    const events = await admin.get(`/rollouts/${id}/events`);
    check('get /api/v1/rollouts/{id}/events', { ...events, body: events.text });
    await post('/products/{productKey}/roll-back', { toVersion: 1 }, values);
    await admin.patch(`/products/${productKey}`, { enabled: false });
    const refused = await post('/products/{productKey}/roll-back', { toVersion: 1 }, values);
    assert.equal(refused.body.refusal.code, 'switch-off');
    const csv = {
      raw: 'deviceName,tags\nlamp-3,a;b\nx,\nlamp-1,\n',
      headers: { 'content-type': 'text/csv' },
    };
    check(
      'post /api/v1/products/{productKey}/devices/bulk',
      await admin.send('POST', `/products/${productKey}/devices/bulk`, csv),
    );

    await get('/products/{productKey}', values);
    await get('/products');
    const user = await post('/users', { username: 'vera', roles: ['viewer'], email: 'vera@example.com' });
    assert.equal(typeof user.body.oneTimePassword, 'string');
    await post('/users/{username}/reset-password', undefined, values);
    await get('/users');
    await get('/users/{username}', values);
    await post('/tokens', { name: 'ci', scopes: ['read'] });
    await get('/tokens');
    await get('/session');
    await post('/session', { username: 'admin', password: 'a long test password' });
    await get('/audit');
    await get('/server');
    const unread = operations.filter(({ name }) => name.startsWith('get ') && !seen.has(name));
    assert.deepEqual(
      unread.map(({ name }) => name),
      [],
      'every GET was looked at',
    );
  });
});

function resolve(reference: string): unknown {
  assert.ok(reference.startsWith('#/'), reference);
  const parts = reference.slice(2).split('/');
  return parts.reduce<unknown>(
    (at, part) => (at as Json | undefined)?.[part.replaceAll('~1', '/')],
    document,
  );
}

const compiled = new Map<Json, ValidateFunction>();

/** Objects take no member that they do not document, unless they say that they do. */
function compile(schema: Json): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ strict: false });
  // The package has its function under `default` for both kinds of modules.
  addFormats.default(ajv);
  const validate = ajv.compile(closed({ ...schema, components: document.components }) as Json);
  compiled.set(schema, validate);
  return validate;
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isPlainObject = copy.type === 'object' && copy.properties !== undefined;
  return isPlainObject && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}
