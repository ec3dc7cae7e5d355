/** Turns what Ajv reports into a place and a sentence for the author of a configuration. */
import type { ErrorObject } from 'ajv';
import { escapePointerPart, shorten } from './json-text.ts';
import { SCHEMA_TEXT_LENGTH_MAX, type SchemaViolation } from './schema-types.ts';

export function sayViolation(error: ErrorObject): SchemaViolation {
  const { instancePath, keyword, params } = error;
  const extra = params.additionalProperty ?? params.unevaluatedProperty;
  if (typeof extra === 'string') {
    return violation(`${instancePath}/${escapePointerPart(extra)}`, keyword, 'is not allowed here');
  }
  if (keyword === 'type') {
    return violation(instancePath, keyword, `must be ${[params.type].flat().join(' or ')}`);
  }
  const message = error.message ?? `must satisfy "${keyword}"`;
  if (keyword === 'enum') {
    return violation(instancePath, keyword, `${message}: ${sayValues(params.allowedValues)}`);
  }
  if (keyword === 'const') {
    return violation(instancePath, keyword, `must be ${sayValues([params.allowedValue])}`);
  }
  return violation(instancePath, keyword, message);
}

/** Cuts a text to what one finding may hold. */
export function boundText(text: string): string {
  return shorten(text, SCHEMA_TEXT_LENGTH_MAX);
}

function sayValues(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : String(values);
}

function violation(pointer: string, keyword: string, message: string): SchemaViolation {
  return { pointer: boundText(pointer), keyword, message: boundText(message) };
}
