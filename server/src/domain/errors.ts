/**
 * Refusals: the expected "no" of the product, each with a stable code.
 *
 * This is the closed list. Adapters map codes to their own language (`http/problems.ts` to statuses,
 * `mqtt` to Alink codes); the domain knows neither. A message here is written for the person who
 * reads it: what, where, and what to do. Anything that is not a `DomainError` is a fault or a bug and
 * reaches the outside as one fixed sentence.
 */
export type RefusalCode =
  | 'invalid-request'
  | 'unauthenticated'
  | 'sign-in-failed'
  | 'throttled'
  | 'forbidden'
  | 'scope-required'
  | 'step-up-required'
  | 'step-up-failed'
  | 'not-found'
  | 'product-not-found'
  | 'device-not-found'
  | 'version-not-found'
  | 'rollout-not-found'
  | 'already-exists'
  | 'precondition-required'
  | 'precondition-failed'
  | 'config-invalid'
  | 'schema-invalid'
  | 'schema-violated'
  | 'draft-empty'
  | 'switch-off'
  | 'cool-down'
  | 'action-not-allowed'
  | 'idempotency-conflict'
  | 'limit-exceeded'
  | 'too-large'
  | 'link-invalid'
  | 'link-expired'
  | 'link-revoked'
  | 'storage-full'
  | 'storage-unavailable'
  | 'unavailable';

/** A refusal. `detail` holds members that a program may use, such as `nextAllowedAt`. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: RefusalCode;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: RefusalCode, message: string, detail: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** A bug, not a refusal: something the code promised did not hold. */
export function assert(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${promise}`);
}
