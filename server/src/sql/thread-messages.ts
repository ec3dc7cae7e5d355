/** What a server and the thread of its store say to each other (`threaded-store.ts`, `store-worker.ts`). */
import { DomainError } from '../domain/errors.ts';
import type { Tx } from '../domain/store-port.ts';

/** One transaction at a time; its first call begins it. */
export type ThreadRequest =
  | { kind: 'call'; isFirst: boolean; store: keyof Tx; method: string; values: unknown[] }
  | { kind: 'commit' }
  | { kind: 'roll-back' }
  | { kind: 'close' };

export type ThreadReply = { kind: 'done'; value: unknown } | { kind: 'failed'; failure: Failure };

/** Classes do not cross: a refusal goes as its parts, any other error as a plain one. */
export type Failure =
  | ({ isRefusal: true; cause: unknown } & Pick<DomainError, 'code' | 'message' | 'detail'>)
  | { isRefusal: false; error: unknown };

export function toFailure(error: unknown): Failure {
  if (!(error instanceof DomainError)) return { isRefusal: false, error };
  const { code, message, detail, cause } = error;
  return { isRefusal: true, code, message, detail, cause };
}

export function toError(failure: Failure): Error {
  if (failure.isRefusal) return new DomainError(failure.code, failure.message, failure.detail, failure.cause);
  return failure.error instanceof Error ? failure.error : new Error(String(failure.error));
}
