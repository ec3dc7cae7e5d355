/**
 * Looks through a schema before it is compiled, at every place where JSON Schema 2020-12 has a
 * subschema, for what this server does not run: references that leave the schema, other dialects,
 * patterns that are not regular, formats nobody knows. The point is a refusal that names the place.
 */
import { escapePointerPart } from './json-text.ts';
import { compileLinearRegExp } from './linear-regexp.ts';
import type { SchemaProblem, SchemaProblemReason } from './schema-types.ts';

export const SCHEMA_DIALECT = 'https://json-schema.org/draft/2020-12/schema';
/** Stands for "this schema" where it has no `$id` of its own. */
const LOCAL_BASE = 'schema://local/';

const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set([
  'additionalProperties',
  'unevaluatedProperties',
  'items',
  'unevaluatedItems',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'contentSchema',
]);
const SCHEMA_LIST_KEYWORDS: ReadonlySet<string> = new Set(['prefixItems', 'allOf', 'anyOf', 'oneOf']);
const SCHEMA_MAP_KEYWORDS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
]);

type JsonObject = { [key: string]: unknown };

/** A subschema, where it is, and the address its references are relative to. */
export type SchemaPlace = { readonly schema: JsonObject; readonly pointer: string; readonly base: string };

/** A `$ref` or `$dynamicRef`: where it is, what it says and the absolute address that means. */
export type SchemaReference = { readonly pointer: string; readonly value: string; readonly target: string };

export type SchemaWalk = {
  readonly problems: readonly SchemaProblem[];
  readonly references: readonly SchemaReference[];
  /** Every subschema that was found, the root first. */
  readonly places: readonly SchemaPlace[];
};

/** Tolerates keywords of the wrong type; the meta-schema refuses those. `knownFormats` are those that will be checked. */
export function walkSchema(root: JsonObject, knownFormats: ReadonlySet<string>): SchemaWalk {
  const problems: SchemaProblem[] = [];
  const references: SchemaReference[] = [];
  const places: SchemaPlace[] = [];
  const addresses = new Set([LOCAL_BASE]);
  const waiting: SchemaPlace[] = [{ schema: root, pointer: '', base: LOCAL_BASE }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const base = resolve(stringAt(place.schema, '$id') ?? '', place.base) ?? place.base;
    addresses.add(withoutFragment(base));
    const here: SchemaPlace = { ...place, base };
    places.push(here);
    problems.push(...keywordProblems(here, knownFormats));
    references.push(...referencesAt(here));
    waiting.push(...subschemas(here).reverse());
  }
  problems.push(...remoteReferences(references, addresses), ...looseKeywords(places));
  return { problems, references, places };
}

function keywordProblems(
  { schema, pointer }: SchemaPlace,
  knownFormats: ReadonlySet<string>,
): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const dialect = stringAt(schema, '$schema');
  if (dialect !== undefined && dialect.replace(/#$/, '') !== SCHEMA_DIALECT) {
    const message = `Only JSON Schema 2020-12 is supported. Write "$schema": "${SCHEMA_DIALECT}" or leave it out.`;
    problems.push(refusal('unsupported-dialect', `${pointer}/$schema`, message));
  }
  if (schema.$async !== undefined) {
    const message = '"$async" is not part of JSON Schema. Remove it.';
    problems.push(refusal('unsupported-keyword', `${pointer}/$async`, message));
  }
  const pattern = stringAt(schema, 'pattern');
  if (pattern !== undefined) problems.push(...patternProblems(pattern, `${pointer}/pattern`));
  for (const key of Object.keys(objectAt(schema, 'patternProperties') ?? {})) {
    problems.push(...patternProblems(key, `${pointer}/patternProperties/${escapePointerPart(key)}`));
  }
  const format = stringAt(schema, 'format');
  if (format !== undefined && !knownFormats.has(format)) {
    const message = `The format "${format}" is not known here and is not checked.`;
    problems.push({ severity: 'note', reason: 'unknown-format', pointer: `${pointer}/format`, message });
  }
  return problems;
}

function patternProblems(pattern: string, pointer: string): SchemaProblem[] {
  try {
    compileLinearRegExp(pattern);
    return [];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const message = `This regular expression cannot be used (${detail}). Look-around, back-references and repeat counts above 1000 are not supported; write it without them.`;
    return [refusal('unsupported-pattern', pointer, message)];
  }
}

function referencesAt({ schema, pointer, base }: SchemaPlace): SchemaReference[] {
  return ['$ref', '$dynamicRef'].flatMap((keyword) => {
    const value = stringAt(schema, keyword);
    if (value === undefined) return [];
    return [{ pointer: `${pointer}/${keyword}`, value, target: resolve(value, base) ?? value }];
  });
}

function remoteReferences(
  references: readonly SchemaReference[],
  addresses: ReadonlySet<string>,
): SchemaProblem[] {
  return references
    .filter(({ target }) => !addresses.has(withoutFragment(target)))
    .map(({ pointer, value }) =>
      refusal(
        'remote-reference',
        pointer,
        `The reference "${value}" leads out of this schema, and nothing is fetched. Put the schema it means under "$defs" and refer to it with "#/$defs/…".`,
      ),
    );
}

/** Ajv takes all items as evaluated where the standard means only those that `contains` matched. */
function looseKeywords(places: readonly SchemaPlace[]): SchemaProblem[] {
  if (!places.some(({ schema }) => schema.contains !== undefined)) return [];
  return places
    .filter(({ schema }) => schema.unevaluatedItems !== undefined)
    .map(({ pointer }) => ({
      severity: 'note',
      reason: 'loose-keyword',
      pointer: `${pointer}/unevaluatedItems`,
      message: 'Where "contains" applies to an array too, "unevaluatedItems" is not checked for it.',
    }));
}

function subschemas({ schema, pointer, base }: SchemaPlace): SchemaPlace[] {
  const places: SchemaPlace[] = [];
  const add = (value: unknown, inner: string) => {
    if (isObject(value)) places.push({ schema: value, pointer: `${pointer}/${inner}`, base });
  };
  for (const [keyword, value] of Object.entries(schema)) {
    if (SCHEMA_KEYWORDS.has(keyword)) {
      add(value, keyword);
    } else if (SCHEMA_LIST_KEYWORDS.has(keyword) && Array.isArray(value)) {
      for (const [index, item] of value.entries()) add(item, `${keyword}/${index}`);
    } else if (SCHEMA_MAP_KEYWORDS.has(keyword) && isObject(value)) {
      for (const [key, item] of Object.entries(value)) add(item, `${keyword}/${escapePointerPart(key)}`);
    }
  }
  return places;
}

function refusal(reason: SchemaProblemReason, pointer: string, message: string): SchemaProblem {
  return { severity: 'refusal', reason, pointer, message };
}

function resolve(reference: string, base: string): string | undefined {
  return URL.parse(reference, base)?.href;
}

function withoutFragment(address: string): string {
  return address.replace(/#.*$/s, '');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringAt(schema: JsonObject, keyword: string): string | undefined {
  const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function objectAt(schema: JsonObject, keyword: string): JsonObject | undefined {
  const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
  return isObject(value) ? value : undefined;
}
