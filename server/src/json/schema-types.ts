/** What the schema check says and how the server and its worker talk about it. */

/** The longest schema text that is accepted. */
export const SCHEMA_BYTES_MAX = 64 * 1024;
/** How deep the text of a schema may be nested. Each level of its values takes about two. */
export const SCHEMA_DEPTH_MAX = 128;
/** At most this many problems or violations are reported for one check. */
export const SCHEMA_FINDINGS_MAX = 100;
/** The longest message and the longest JSON Pointer of one finding, in characters. */
export const SCHEMA_TEXT_LENGTH_MAX = 1_000;

export type SchemaProblemReason =
  /** Not JSON, with duplicate keys, too large or too deep; the message has line and column. */
  | 'not-usable-text'
  /** A keyword has a value the 2020-12 meta-schema does not allow. */
  | 'invalid-keyword'
  | 'unsupported-dialect'
  | 'unsupported-keyword'
  | 'unsupported-pattern'
  | 'remote-reference'
  | 'unresolved-reference'
  /** A note: the format is unknown and therefore not checked. */
  | 'unknown-format'
  /** A note: the keyword is checked less strictly than the standard says. */
  | 'loose-keyword'
  /** The schema could not be turned into a validator for another reason. */
  | 'not-compilable';

export type SchemaProblem = {
  /** A schema with a refusal cannot be used. A note is for its author to know. */
  readonly severity: 'refusal' | 'note';
  readonly reason: SchemaProblemReason;
  /** JSON Pointer into the schema; the empty string is the whole schema. */
  readonly pointer: string;
  readonly message: string;
};

export type SchemaViolation = {
  /** JSON Pointer into the configuration; the empty string is the whole configuration. */
  readonly pointer: string;
  /** The schema keyword that is not satisfied. */
  readonly keyword: string;
  readonly message: string;
};

export type SchemaRequest =
  | { readonly kind: 'check-schema'; readonly schemaText: string }
  | { readonly kind: 'validate'; readonly schemaText: string; readonly configText: string };

export type SchemaReply =
  | { readonly kind: 'schema-checked'; readonly problems: readonly SchemaProblem[] }
  | { readonly kind: 'validated'; readonly violations: readonly SchemaViolation[] }
  | { readonly kind: 'schema-refused'; readonly problems: readonly SchemaProblem[] }
  | { readonly kind: 'config-refused'; readonly message: string }
  /** The schema led the validator into itself without end. */
  | { readonly kind: 'recursed' }
  /** The check itself failed. */
  | { readonly kind: 'failed'; readonly message: string };

/** The worker says it is ready once, and then answers each request in turn. */
export type WorkerMessage = { readonly kind: 'ready' } | SchemaReply;
