/**
 * Turns the text of a JSON Schema into a validator, or says why not. Runs inside the worker.
 *
 * Compiling and running someone else's schema may take any time and memory; the limits on both are the
 * worker's, not this file's. What is settled here is what a schema may say.
 */
import type { ValidateFunction } from 'ajv';
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { checkConfig } from './check-config.ts';
import { linearRegExpEngine } from './linear-regexp.ts';
import { ambiguousDynamicReferences, simplifyReferences } from './schema-references.ts';
import {
  SCHEMA_BYTES_MAX,
  SCHEMA_DEPTH_MAX,
  SCHEMA_FINDINGS_MAX,
  type SchemaProblem,
  type SchemaProblemReason,
} from './schema-types.ts';
import { boundText, sayViolation } from './schema-violation.ts';
import { type SchemaReference, walkSchema } from './schema-walk.ts';

/** `validate` is there unless a problem is a refusal. */
export type CompiledSchema = {
  readonly problems: readonly SchemaProblem[];
  readonly validate?: ValidateFunction;
};

/** Knows only the 2020-12 meta-schema; compiled once. */
const metaAjv = new Ajv2020({ strict: false, allErrors: true, logger: false });

export function compileSchema(schemaText: string): CompiledSchema {
  const textProblems = checkSchemaText(schemaText);
  if (textProblems.length > 0) return { problems: textProblems };
  // The check above refuses everything but a JSON object or array; an array fails the meta-schema.
  const schema = JSON.parse(schemaText) as AnySchemaObject;
  const ajv = createAjv();
  const walk = walkSchema(schema, new Set(Object.keys(ajv.formats)));
  const found = [...walk.problems, ...ambiguousDynamicReferences(walk.places)];
  const all = [...found.map(boundProblem), ...checkKeywords(schema)];
  const notes = all.filter(({ severity }) => severity === 'note');
  const refusals = all.filter(({ severity }) => severity === 'refusal');
  const problems = [...refusals, ...notes].slice(0, SCHEMA_FINDINGS_MAX);
  if (refusals.length > 0) return { problems };
  simplifyReferences(walk.places);
  try {
    return { problems, validate: ajv.compile(schema) };
  } catch (error) {
    return { problems: [compileProblem(error, walk.references), ...problems].slice(0, SCHEMA_FINDINGS_MAX) };
  }
}

/** A fresh one for each schema, so that one schema's `$id` never answers another's `$ref`. */
function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    logger: false,
    // `checkKeywords` has done this already.
    validateSchema: false,
    meta: false,
    // Without it `required: ["constructor"]` would be satisfied by every object.
    ownProperties: true,
    // Copies of referenced schemas would let a short schema grow into megabytes of code.
    inlineRefs: false,
    // 0.3 is a multiple of 0.1 to everyone but a double.
    multipleOfPrecision: 9,
    code: { regExp: linearRegExpEngine },
  });
  ajvFormats.default(ajv);
  // The walk has replaced every one it found; what is left is where it does not look.
  ajv.removeKeyword('$dynamicRef');
  ajv.addKeyword({ keyword: '$dynamicRef', compile: refuseDynamicReference });
  return ajv;
}

function refuseDynamicReference(): never {
  throw new Error('"$dynamicRef" is not supported under keywords that JSON Schema does not know');
}

function checkSchemaText(schemaText: string): SchemaProblem[] {
  const limits = { bytesMax: SCHEMA_BYTES_MAX, depthMax: SCHEMA_DEPTH_MAX };
  return checkConfig(Buffer.from(schemaText, 'utf8'), limits).problems.map(
    ({ message, line, column, path }) =>
      refusal('not-usable-text', path ?? '', `Line ${line}, column ${column}: ${message}`),
  );
}

function checkKeywords(schema: AnySchemaObject): SchemaProblem[] {
  // A dialect other than this one is the walk's to refuse; here it would only be unknown.
  const { $schema: _dialect, ...keywords } = schema;
  if (metaAjv.validateSchema(Array.isArray(schema) ? schema : keywords) === true) return [];
  const byText = new Map<string, SchemaProblem>();
  for (const error of metaAjv.errors ?? []) {
    const { message } = sayViolation(error);
    const problem = refusal('invalid-keyword', error.instancePath, `This ${message}.`);
    // The meta-schema is made of several vocabularies, and each repeats what all of them require.
    byText.set(`${problem.pointer} ${problem.message}`, problem);
  }
  return [...byText.values()];
}

function compileProblem(error: unknown, references: readonly SchemaReference[]): SchemaProblem {
  const message = error instanceof Error ? error.message : String(error);
  const missing = references.find(({ value }) => message.startsWith(`can't resolve reference ${value} from`));
  if (missing !== undefined) {
    const words = `Nothing in this schema has the address "${missing.value}". Correct the reference or add what it means.`;
    return refusal('unresolved-reference', missing.pointer, words);
  }
  if (error instanceof RangeError) {
    const words = 'The references of this schema lead in a circle. Correct them.';
    return refusal('not-compilable', '', words);
  }
  return refusal('not-compilable', '', `The schema cannot be used: ${message}.`);
}

function refusal(reason: SchemaProblemReason, pointer: string, message: string): SchemaProblem {
  return boundProblem({ severity: 'refusal', reason, pointer, message });
}

function boundProblem(problem: SchemaProblem): SchemaProblem {
  return { ...problem, pointer: boundText(problem.pointer), message: boundText(problem.message) };
}
