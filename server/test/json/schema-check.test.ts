import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  createSchemaChecker,
  SCHEMA_QUEUE_MAX,
  type SchemaCheckError,
  type SchemaCheckErrorReason,
} from '../../src/json/schema-check.ts';
import { SCHEMA_BYTES_MAX, SCHEMA_FINDINGS_MAX } from '../../src/json/schema-types.ts';

const checker = createSchemaChecker();
after(() => checker[Symbol.asyncDispose]());

type Json = { readonly [key: string]: unknown };

/** Violations in short: "pointer keyword". */
async function violations(schema: Json, config: unknown): Promise<string[]> {
  const found = await checker.validate(JSON.stringify(schema), JSON.stringify(config));
  return found.map(({ pointer, keyword }) => `${pointer} ${keyword}`);
}

/** Problems in short: "severity reason pointer". */
async function problems(schema: Json | string): Promise<string[]> {
  const found = await checker.checkSchema(typeof schema === 'string' ? schema : JSON.stringify(schema));
  return found.map(({ severity, reason, pointer }) => `${severity} ${reason} ${pointer}`);
}

function withReason(reason: SchemaCheckErrorReason): Partial<SchemaCheckError> {
  return { name: 'SchemaCheckError', reason };
}

/** Valid for every value and 2^60 steps long. */
function endlessSchema(): Json {
  const steps = Array.from({ length: 60 }, (_, index) => {
    const next = { $ref: `#/$defs/s${index + 1}` };
    return [`s${index}`, { allOf: [{ anyOf: [next] }, next] }];
  });
  return { $defs: { ...Object.fromEntries(steps), s60: true }, $ref: '#/$defs/s0' };
}

describe('a configuration', () => {
  test('that satisfies the schema has no violations', async () => {
    assert.deepEqual(await violations({ type: 'object', required: ['a'] }, { a: 1 }), []);
  });

  test('gets every violation with a JSON Pointer and a message', async () => {
    const schema = {
      properties: {
        'x/y': { type: 'array', items: { type: ['integer', 'null'] } },
        mode: { enum: ['on', 'off'] },
      },
      required: ['id'],
    };
    const text = JSON.stringify({ 'x/y': [1, 'two'], mode: 'auto' });
    assert.deepEqual(await checker.validate(JSON.stringify(schema), text), [
      { pointer: '', keyword: 'required', message: "must have required property 'id'" },
      { pointer: '/x~1y/1', keyword: 'type', message: 'must be integer or null' },
      {
        pointer: '/mode',
        keyword: 'enum',
        message: 'must be equal to one of the allowed values: "on", "off"',
      },
    ]);
  });

  test('with a member that is not allowed gets the place of that member', async () => {
    assert.deepEqual(
      await violations({ properties: { a: true }, additionalProperties: false }, { 'b~': 1 }),
      ['/b~0 additionalProperties'],
    );
    const unevaluated = {
      $ref: '#/$defs/base',
      properties: { c: true },
      unevaluatedProperties: false,
      $defs: { base: { properties: { a: true } } },
    };
    assert.deepEqual(await violations(unevaluated, { a: 1, c: 2, d: 3 }), ['/d unevaluatedProperties']);
  });

  test('is not taken to have what every object inherits', async () => {
    assert.deepEqual(await violations({ required: ['constructor'] }, {}), [' required']);
    assert.deepEqual(await violations({ properties: { toString: { type: 'string' } } }, {}), []);
  });

  test('may have decimals that are multiples of decimals', async () => {
    const schema = { properties: { step: { multipleOf: 0.1 } } };
    assert.deepEqual(await violations(schema, { step: 0.3 }), []);
    assert.deepEqual(await violations(schema, { step: 0.35 }), ['/step multipleOf']);
  });

  test('with very many violations gets a bounded list', async () => {
    const found = await violations({ items: { type: 'string' } }, new Array(50_000).fill(1));
    assert.equal(found.length, SCHEMA_FINDINGS_MAX);
  });

  test('that is not JSON is refused', async () => {
    await assert.rejects(checker.validate('{}', '{"a":1,}'), withReason('config-refused'));
    await assert.rejects(checker.validate('{}', '['.repeat(500_000)), withReason('config-refused'));
  });
});

describe('patterns', () => {
  test('that are catastrophic elsewhere answer at once', async () => {
    const schema = { properties: { a: { pattern: '^(a+)+$' } } };
    assert.deepEqual(await violations(schema, { a: `${'a'.repeat(50_000)}!` }), ['/a pattern']);
    assert.deepEqual(await violations(schema, { a: 'a'.repeat(50_000) }), []);
  });

  test('of one schema are not mixed up', async () => {
    const schema = {
      properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } },
      patternProperties: { '^c': false },
    };
    assert.deepEqual(await violations(schema, { a: 'a', b: 'b' }), []);
    assert.deepEqual(await violations(schema, { a: 'b', b: 'a', c: 1 }), [
      '/a pattern',
      '/b pattern',
      '/c false schema',
    ]);
  });

  test('count characters, not halves of them', async () => {
    assert.deepEqual(await violations({ properties: { a: { pattern: '^.$' } } }, { a: '😀' }), []);
  });

  test('that are not regular are refused at their place', async () => {
    const schema = {
      patternProperties: { '^(?=a)/': {} },
      properties: { x: { not: { pattern: '(a)\\1' } } },
    };
    assert.deepEqual(await problems(schema), [
      'refusal unsupported-pattern /patternProperties/^(?=a)~1',
      'refusal unsupported-pattern /properties/x/not/pattern',
    ]);
  });
});

describe('formats', () => {
  test('are checked when they are known', async () => {
    const schema = { properties: { at: { format: 'date-time' }, ip: { format: 'ipv4' } } };
    assert.deepEqual(await violations(schema, { at: '2026-02-28T12:00:00Z', ip: '10.0.0.1' }), []);
    assert.deepEqual(await violations(schema, { at: '2026-02-30T12:00:00Z', ip: '10.0.0.256' }), [
      '/at format',
      '/ip format',
    ]);
  });

  test('are noted and ignored when they are not', async () => {
    const schema = { properties: { v: { format: 'semver' } } };
    assert.deepEqual(await problems(schema), ['note unknown-format /properties/v/format']);
    assert.deepEqual(await violations(schema, { v: 'anything' }), []);
  });
});

describe('references', () => {
  test('out of the schema are refused with their place', async () => {
    const schema = {
      properties: { a: { $ref: 'https://example.com/other.json' } },
      allOf: [{ $ref: 'other.json#/a' }],
      // In data it is only a word.
      const: { $ref: 'https://example.com/data' },
    };
    assert.deepEqual(await problems(schema), [
      'refusal remote-reference /properties/a/$ref',
      'refusal remote-reference /allOf/0/$ref',
    ]);
  });

  test('inside the schema may use pointers, anchors and its own addresses', async () => {
    const schema = {
      $id: 'https://example.com/root',
      $anchor: 'top',
      type: 'object',
      $defs: { item: { $id: 'item.json', $anchor: 'here', type: 'string' } },
      properties: {
        a: { $ref: 'item.json' },
        b: { $ref: 'https://example.com/item.json#here' },
        c: { $ref: '#/$defs/item' },
        d: { $ref: '#top' },
      },
    };
    assert.deepEqual(await problems(schema), []);
    assert.deepEqual(await violations(schema, { a: 1, b: 2, c: 3, d: 4 }), [
      '/a type',
      '/b type',
      '/c type',
      '/d type',
    ]);
  });

  test('to nothing are refused with their place', async () => {
    assert.deepEqual(await problems({ properties: { a: { $ref: '#/$defs/none' } } }), [
      'refusal unresolved-reference /properties/a/$ref',
    ]);
    assert.deepEqual(await problems({ items: { $dynamicRef: '#none' } }), [
      'refusal unresolved-reference /items/$dynamicRef',
    ]);
  });

  test('from places that JSON Schema does not know are refused too', async () => {
    for (const hidden of [{ $ref: 'https://example.com/z' }, { $dynamicRef: '#x' }]) {
      assert.deepEqual(await problems({ $ref: '#/extra', extra: hidden }), ['refusal not-compilable ']);
    }
  });

  test('of one schema are not answered by another', async () => {
    await problems({ $id: 'https://example.com/shared', type: 'object' });
    assert.deepEqual(await problems({ $ref: 'https://example.com/shared' }), [
      'refusal remote-reference /$ref',
    ]);
  });

  test('that lead in a circle are refused, or found when they run', async () => {
    const circle = { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' };
    await assert.rejects(violations(circle, {}), (error: SchemaCheckError) =>
      ['recursion-limit', 'schema-refused'].includes(error.reason),
    );
    await assert.rejects(violations({ $ref: '#' }, {}), withReason('recursion-limit'));
  });
});

describe('dynamic references', () => {
  test('follow the anchor they name', async () => {
    const tree = {
      $dynamicAnchor: 'node',
      type: 'object',
      properties: { value: { type: 'number' }, children: { type: 'array', items: { $dynamicRef: '#node' } } },
      unevaluatedProperties: false,
    };
    assert.deepEqual(await violations(tree, { children: [{ value: 1 }, { value: 'x', extra: 1 }] }), [
      '/children/1/value type',
      '/children/1/extra unevaluatedProperties',
    ]);
  });

  test('follow an anchor in a definition that nothing else refers to', async () => {
    const schema = {
      $defs: { text: { $dynamicAnchor: 'text', type: 'string' } },
      properties: { a: { $dynamicRef: '#text' } },
    };
    assert.deepEqual(await violations(schema, { a: 1 }), ['/a type']);
  });

  test('are refused when several subschemas have the anchor', async () => {
    const schema = {
      $defs: { one: { $dynamicAnchor: 'item' }, two: { $id: 'two', $dynamicAnchor: 'item' } },
      items: { $dynamicRef: '#item' },
    };
    assert.deepEqual(await problems(schema), ['refusal unsupported-keyword /items/$dynamicRef']);
  });
});

describe('a schema is refused', () => {
  test('when a keyword has a wrong value', async () => {
    const found = await problems({ properties: { a: { type: 'strng', minimum: '1' } } });
    assert.ok(found.includes('refusal invalid-keyword /properties/a/type'));
    assert.ok(found.includes('refusal invalid-keyword /properties/a/minimum'));
    await assert.rejects(violations({ type: 'strng' }, {}), (error: SchemaCheckError) => {
      assert.equal(error.reason, 'schema-refused');
      assert.equal(error.problems[0]?.pointer, '/type');
      return true;
    });
  });

  test('when it is of another dialect', async () => {
    assert.deepEqual(await problems({ $schema: 'http://json-schema.org/draft-07/schema#' }), [
      'refusal unsupported-dialect /$schema',
    ]);
    assert.deepEqual(await problems({ $schema: 'https://json-schema.org/draft/2020-12/schema' }), []);
  });

  test('when its text is not usable', async () => {
    assert.deepEqual(await problems('{"type":"object","type":"array"}'), ['refusal not-usable-text /type']);
    assert.deepEqual(await problems('true'), ['refusal not-usable-text ']);
    assert.deepEqual(await problems('[]'), ['refusal invalid-keyword ']);
    assert.deepEqual(await problems(`{"$comment":"${'x'.repeat(SCHEMA_BYTES_MAX)}"}`), [
      'refusal not-usable-text ',
    ]);
  });

  test('when it asks for asynchronous validation', async () => {
    assert.deepEqual(await problems({ $async: true }), ['refusal unsupported-keyword /$async']);
  });

  test('and its refusals come before its notes, however many there are', async () => {
    const noted = Array.from({ length: SCHEMA_FINDINGS_MAX }, () => ({ format: 'unheard-of' }));
    const found = await problems({ allOf: [...noted, { minimum: '1' }] });
    assert.equal(found.length, SCHEMA_FINDINGS_MAX);
    assert.equal(found[0], `refusal invalid-keyword /allOf/${SCHEMA_FINDINGS_MAX}/minimum`);
  });

  test('and a keyword nobody knows is ignored', async () => {
    assert.deepEqual(await problems({ 'x-title': 'Thermostat', properties: { a: { unit: '°C' } } }), []);
  });
});

describe('limits', () => {
  test('a schema that takes too long is cut off, and the next request is answered', async () => {
    await using quick = createSchemaChecker({ timeLimitMs: 300 });
    const endless = quick.validate(JSON.stringify(endlessSchema()), '{}');
    const next = quick.validate('{"type":"array"}', '{}');
    await assert.rejects(endless, withReason('time-limit'));
    assert.deepEqual(await next, [{ pointer: '', keyword: 'type', message: 'must be array' }]);
  });

  test('the server goes on while a schema runs', async () => {
    await using quick = createSchemaChecker({ timeLimitMs: 300 });
    let isOver = false;
    const endless = assert
      .rejects(quick.validate(JSON.stringify(endlessSchema()), '{}'), withReason('time-limit'))
      .finally(() => {
        isOver = true;
      });
    let turns = 0;
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    await endless;
    assert.ok(turns > 100, `only ${turns} turns of the event loop`);
  });

  test('a schema that takes too much memory is cut off, and the next request is answered', async () => {
    await using slow = createSchemaChecker({ timeLimitMs: 60_000 });
    const config = JSON.stringify(new Array(500_000).fill(1));
    const greedy = { items: { anyOf: Array.from({ length: 8 }, () => ({ type: 'string' })) } };
    await assert.rejects(slow.validate(JSON.stringify(greedy), config), withReason('memory-limit'));
    assert.deepEqual(await slow.validate('{}', '{}'), []);
  });

  test('only so many requests may wait', async () => {
    const busy = createSchemaChecker();
    const requests = Array.from({ length: SCHEMA_QUEUE_MAX + 2 }, () =>
      busy.validate('{}', '{}').then(
        () => 'answered',
        (error: SchemaCheckError) => error.reason,
      ),
    );
    const outcomes = await Promise.all(requests);
    assert.deepEqual(
      outcomes.filter((outcome) => outcome !== 'answered'),
      ['queue-full'],
    );
    await busy[Symbol.asyncDispose]();
  });

  test('closing fails what runs and waits, and everything after', async () => {
    const closing = createSchemaChecker();
    const running = assert.rejects(closing.validate('{}', '{}'), withReason('closed'));
    const waiting = assert.rejects(closing.checkSchema('{}'), withReason('closed'));
    await closing[Symbol.asyncDispose]();
    await Promise.all([running, waiting]);
    await assert.rejects(closing.checkSchema('{}'), withReason('closed'));
    await closing[Symbol.asyncDispose]();
  });

  test('an idle worker does not keep the process from ending', { timeout: 30_000 }, async (t) => {
    const module = new URL('../../src/json/schema-check.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(({ createSchemaChecker }) => createSchemaChecker().validate('{}', '{}'))`;
    const thread = new Worker(script, { eval: true });
    t.after(() => thread.terminate());
    const code = await new Promise((resolve, reject) => thread.once('exit', resolve).once('error', reject));
    assert.equal(code, 0);
  });
});
