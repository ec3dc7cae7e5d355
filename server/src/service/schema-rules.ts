/** What a product's JSON Schema must be, and what it demands of a configuration, as refusals (R8). */
import { DomainError } from '../domain/errors.ts';
import { SCHEMA_BYTES_MAX } from '../domain/limits.ts';
import { SchemaCheckError, type SchemaChecker } from '../json/schema-check.ts';
import type { SchemaProblem } from '../json/schema-types.ts';

/** Something about a usable schema that its author should know. */
export type SchemaNote = SchemaProblem & { severity: 'note' };

/** Refuses `schema-invalid` with the problems, `too-large`, or `unavailable` when nobody can check now. */
export async function demandUsable(
  schemas: SchemaChecker,
  content: Uint8Array,
): Promise<readonly SchemaNote[]> {
  if (content.length > SCHEMA_BYTES_MAX)
    throw new DomainError(
      'too-large',
      `A schema may have ${SCHEMA_BYTES_MAX} bytes; this one has ${content.length}.`,
    );
  const found = await run(() => schemas.checkSchema(Buffer.from(content).toString('utf8')));
  const problems = found.filter(({ severity }) => severity === 'refusal');
  if (problems.length > 0)
    throw new DomainError('schema-invalid', `This is not a usable JSON Schema: ${problems[0]!.message}`, {
      problems,
    });
  return found.map((problem) => ({ ...problem, severity: 'note' }));
}

/** Refuses `schema-violated` with every violation and its JSON Pointer. */
export async function demandObeyed(schemas: SchemaChecker, schema: string, content: string): Promise<void> {
  const violations = await run(() => schemas.validate(schema, content));
  const [violation] = violations;
  if (violation === undefined) return;
  throw new DomainError(
    'schema-violated',
    `The configuration breaks its schema at ${violation.pointer || '(the top)'}: ${violation.message}`,
    { violations },
  );
}

async function run<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SchemaCheckError ? refusalOf(error) : error;
  }
}

/** A schema that cannot be checked with is its author's matter; a checker that cannot check is ours. */
function refusalOf(error: SchemaCheckError): DomainError {
  const { reason, message, problems } = error;
  switch (reason) {
    case 'queue-full':
    case 'worker-failed':
    case 'closed':
      return new DomainError('unavailable', message, {}, error);
    case 'time-limit':
    case 'memory-limit':
    case 'recursion-limit':
    case 'schema-refused':
    case 'config-refused':
      return new DomainError('schema-invalid', message, { reason, problems }, error);
    default:
      return reason satisfies never;
  }
}
