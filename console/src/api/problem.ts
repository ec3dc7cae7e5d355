/** Errors of the API, as a page shows them. */
import { ApiProblem, ApiUnreachable } from '@opencota/contract/http/client';

export function isProblem(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem;
}

/** Whether this is a refusal with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): error is ApiProblem {
  return isProblem(error) && codes.includes(error.code);
}

export type Shown = {
  /** The code a translation is found by. */
  code: string;
  /** The server's own words. */
  detail: string;
  requestId: string;
};

export function shown(error: unknown): Shown {
  if (isProblem(error)) return { code: error.code, detail: error.detail, requestId: error.requestId };
  if (error instanceof ApiUnreachable) return { code: 'unreachable', detail: error.message, requestId: '' };
  const detail = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', detail, requestId: '' };
}
