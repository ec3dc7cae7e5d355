/**
 * Rewrites the references of a schema to those Ajv 8 follows correctly, and refuses the rest.
 *
 * Ajv follows a `$dynamicRef` to the root of the schema when the anchor it names has not been compiled
 * yet, and so accepts values it should not. In a schema that is complete in one document a dynamic
 * reference only differs from a plain one when several subschemas carry the same `$dynamicAnchor`;
 * where there is one, a plain `$ref` is exact. Ajv also does not find an anchor at the very top of a
 * schema; `#` means the same place.
 */
import type { SchemaProblem } from './schema-types.ts';
import type { SchemaPlace } from './schema-walk.ts';

/** The `$dynamicRef`s that name an anchor which occurs more than once. */
export function ambiguousDynamicReferences(places: readonly SchemaPlace[]): SchemaProblem[] {
  const counts = new Map<unknown, number>();
  for (const { schema } of places) {
    counts.set(schema.$dynamicAnchor, (counts.get(schema.$dynamicAnchor) ?? 0) + 1);
  }
  return places.flatMap(({ schema, pointer }) => {
    const reference = schema.$dynamicRef;
    if (typeof reference !== 'string') return [];
    const anchor = reference.slice(reference.indexOf('#') + 1);
    if ((counts.get(anchor) ?? 0) < 2) return [];
    const message = `"$dynamicRef" is supported only where one subschema has the "$dynamicAnchor" it names; several have "${anchor}". Give them different names.`;
    return [
      { severity: 'refusal', reason: 'unsupported-keyword', pointer: `${pointer}/$dynamicRef`, message },
    ];
  });
}

/** Changes the subschemas themselves, which must be the caller's own copy. The root comes first. */
export function simplifyReferences(places: readonly SchemaPlace[]): void {
  const root = places[0];
  if (root === undefined) return;
  const toRoot = new Set([`#${root.schema.$anchor}`, `#${root.schema.$dynamicAnchor}`]);
  for (const { schema, base } of places) {
    const simplify = (reference: string) => {
      return base === root.base && toRoot.has(reference) ? '#' : reference;
    };
    const { $ref, $dynamicRef } = schema;
    if (typeof $ref === 'string') schema.$ref = simplify($ref);
    if (typeof $dynamicRef !== 'string') continue;
    delete schema.$dynamicRef;
    if ($ref === undefined) schema.$ref = simplify($dynamicRef);
    else schema.allOf = [...asList(schema.allOf), { $ref: simplify($dynamicRef) }];
  }
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
