/**
 * Refusals as RFC 9457 problems: one table from codes to statuses, one function that answers.
 *
 * The outside message is the refusal's own. Whatever is not a refusal is a fault or a bug: it is logged
 * with the request's id, and the outside gets that id and one fixed sentence.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type RefusalCode } from '../domain/errors.ts';
import type { Events } from '../observe/events.ts';
import type { AuditService } from '../service/audit.ts';
import { sayInvalid } from './validation.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Codes that only HTTP has. */
export type HttpOnlyCode = 'method-not-allowed' | 'unsupported-media-type' | 'cross-origin' | 'internal';
export type ProblemCode = RefusalCode | HttpOnlyCode;

/** A refusal that only HTTP knows. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly code: HttpOnlyCode;

  constructor(code: HttpOnlyCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  'invalid-request': { status: 400, title: 'The request is not as it must be' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  'sign-in-failed': { status: 401, title: 'Wrong user name or password' },
  throttled: { status: 429, title: 'Too many tries' },
  forbidden: { status: 403, title: 'Not allowed' },
  'scope-required': { status: 403, title: 'The token lacks a scope' },
  'step-up-required': { status: 403, title: 'A second factor is needed' },
  'step-up-failed': { status: 403, title: 'The second factor was not accepted' },
  'cross-origin': { status: 403, title: 'The request came from another site' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'product-not-found': { status: 404, title: 'Unknown product' },
  'device-not-found': { status: 404, title: 'Unknown device' },
  'version-not-found': { status: 404, title: 'Unknown version' },
  'rollout-not-found': { status: 404, title: 'Unknown rollout' },
  'method-not-allowed': { status: 405, title: 'The address does not take this method' },
  'already-exists': { status: 409, title: 'It exists already' },
  'precondition-required': { status: 428, title: 'If-Match is missing' },
  'precondition-failed': { status: 412, title: 'It was changed meanwhile' },
  'config-invalid': { status: 422, title: 'The configuration is not valid' },
  'schema-invalid': { status: 422, title: 'The schema is not usable' },
  'schema-violated': { status: 422, title: 'The configuration breaks its schema' },
  'draft-empty': { status: 409, title: 'There is no draft' },
  'switch-off': { status: 409, title: 'Remote configuration is off' },
  'cool-down': { status: 429, title: 'Pushed a short time ago' },
  'action-not-allowed': { status: 409, title: 'Not possible now' },
  'idempotency-conflict': { status: 409, title: 'The key was used for another request' },
  'limit-exceeded': { status: 422, title: 'Over a limit' },
  'too-large': { status: 413, title: 'Too large' },
  'unsupported-media-type': { status: 415, title: 'Unknown content type' },
  'link-invalid': { status: 403, title: 'The link is not genuine' },
  'link-expired': { status: 403, title: 'The link has expired' },
  'link-revoked': { status: 403, title: 'The link was revoked' },
  'storage-full': { status: 507, title: 'The disk is full' },
  'storage-unavailable': { status: 503, title: 'The store is busy' },
  unavailable: { status: 503, title: 'Not available now' },
  internal: { status: 500, title: 'Internal error' },
};

const RETRY_AFTER_BUSY_SECONDS = 1;

export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  requestId: string;
};

export function problemOf(
  code: ProblemCode,
  detail: string,
  requestId: string,
  members: Record<string, unknown> = {},
): ProblemBody {
  // The members of the problem itself win over a refusal's own.
  return { ...members, type: `urn:opencota:problem:${code}`, ...PROBLEMS[code], code, detail, requestId };
}

/** Seconds for `Retry-After`, for the problems that have one. */
export function retryAfterSeconds(
  code: ProblemCode,
  members: Readonly<Record<string, unknown>>,
): number | undefined {
  if (typeof members.retryAfterSeconds === 'number') return members.retryAfterSeconds;
  return PROBLEMS[code].status === 503 ? RETRY_AFTER_BUSY_SECONDS : undefined;
}

/**
 * The one place where an error becomes an answer. Services record refused changes themselves; what was
 * refused to a reader is recorded here.
 */
export function createErrorHandler(events: Events, audit: Pick<AuditService, 'readRefused'>) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { code, detail, members } = describe(error);
    if (code === 'forbidden' && request.method === 'GET' && request.routeOptions.config.isPublic !== true) {
      await audit.readRefused(request.actor, request.url.split('?')[0]!, { code, message: detail });
    }
    if (code === 'internal') {
      events.httpFailed({
        requestId: request.id,
        method: request.method,
        url: request.url.split('?')[0]!,
        error,
      });
    }
    const seconds = retryAfterSeconds(code, members);
    if (seconds !== undefined) reply.header('Retry-After', String(seconds));
    if (code === 'unauthenticated') reply.header('WWW-Authenticate', 'Bearer');
    // An address that cannot be routed comes here before any hook has run.
    reply
      .header('X-Request-Id', request.id)
      .header('X-Content-Type-Options', 'nosniff')
      .header('Cache-Control', 'no-store')
      .code(PROBLEMS[code].status)
      .type(PROBLEM_TYPE)
      .send(problemOf(code, detail, request.id, members));
  };
}

type Described = { code: ProblemCode; detail: string; members: Record<string, unknown> };

function describe(error: unknown): Described {
  if (error instanceof DomainError) return { code: error.code, detail: error.message, members: error.detail };
  if (error instanceof HttpRefusal) return { code: error.code, detail: error.message, members: {} };
  if (isFastifyError(error)) return describeFastify(error);
  return internal();
}

function internal(): Described {
  return {
    code: 'internal',
    detail: 'Something went wrong on the server. The request id leads to its log.',
    members: {},
  };
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

function describeFastify(error: FastifyError): Described {
  if (error.validation !== undefined) {
    const { detail, pointer } = sayInvalid(error.validationContext ?? 'request', error.validation);
    return { code: 'invalid-request', detail, members: { pointer } };
  }
  switch (error.statusCode) {
    case 413:
      return { code: 'too-large', detail: 'The body is larger than this resource takes.', members: {} };
    case 415:
      return {
        code: 'unsupported-media-type',
        detail: 'Send this resource its documented Content-Type.',
        members: {},
      };
    case 404:
      return { code: 'not-found', detail: error.message, members: {} };
    case 414:
      return { code: 'invalid-request', detail: 'A part of the address is too long.', members: {} };
    case 429:
      return { code: 'throttled', detail: error.message, members: {} };
    default:
      // Every other 4xx of the framework is a malformed request; its message names no internals.
      return error.statusCode !== undefined && error.statusCode < 500
        ? { code: 'invalid-request', detail: error.message, members: {} }
        : internal();
  }
}
