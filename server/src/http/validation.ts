/**
 * What was wrong with a request, in words: which member, and what it must be instead.
 *
 * Ajv's own sentences name neither the choices of a union nor what a pattern means, so those are said here.
 */
import type { FastifySchemaValidationError } from 'fastify';

export type Invalid = { detail: string; pointer: string };

/** `part` is where the request was wrong: body, querystring, params, headers. */
export function sayInvalid(part: string, errors: readonly FastifySchemaValidationError[]): Invalid {
  const [first] = errors;
  const pointer = first?.instancePath ?? '';
  const where = `${part === 'querystring' ? 'query' : part}${pointer}`;
  return { pointer, detail: `${where} ${first === undefined ? 'is not valid' : sayError(first, errors)}.` };
}

function sayError(error: FastifySchemaValidationError, all: readonly FastifySchemaValidationError[]): string {
  const { keyword, params, message = 'is not valid' } = error;
  switch (keyword) {
    case 'additionalProperties':
      return `has an unknown member ${JSON.stringify(params.additionalProperty)}`;
    case 'required':
      return `lacks the member ${JSON.stringify(params.missingProperty)}`;
    case 'minProperties':
      return 'is empty: name at least one member to change';
    case 'enum':
      return sayChoices(asList(params.allowedValues));
    case 'const':
      return sayChoices(choicesAt(error.instancePath, all));
    case 'pattern':
      // Every pattern of the contract is one of digits.
      return 'must be a whole number';
    default:
      return message;
  }
}

/** A union of literals gives one error each. */
function choicesAt(instancePath: string, errors: readonly FastifySchemaValidationError[]): unknown[] {
  return errors
    .filter((error) => error.instancePath === instancePath)
    .flatMap(({ keyword, params }) => {
      if (keyword === 'const') return [params.allowedValue];
      return keyword === 'type' && params.type === 'null' ? [null] : [];
    });
}

function sayChoices(choices: readonly unknown[]): string {
  return `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
