/** What every route file shares: the typed app, the services behind it, and small readers of requests. */
import { createHash } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { DomainError } from '../domain/errors.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { PageOf } from '../domain/store-port.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Accounts } from '../service/accounts.ts';
import type { AuditService } from '../service/audit.ts';
import type { ConfigSchemaService } from '../service/config-schemas.ts';
import type { DeviceImport } from '../service/device-import.ts';
import type { DeviceRegistration } from '../service/device-registration.ts';
import type { DeviceService } from '../service/devices.ts';
import type { DraftService } from '../service/drafts.ts';
import type { Identity } from '../service/identify.ts';
import type { LinkService } from '../service/links.ts';
import type { Once } from '../service/once.ts';
import type { ProductService } from '../service/products.ts';
import type { Reconciler } from '../service/reconciler.ts';
import type { RolloutService } from '../service/rollouts.ts';
import type { SendAgain } from '../service/send-again.ts';
import type { ServerInfo } from '../service/server-info.ts';
import type { SignIn } from '../service/sign-in.ts';
import type { SignInCodes } from '../service/sign-in-codes.ts';
import type { StepUp } from '../service/step-up.ts';
import type { TestMessages } from '../service/test-messages.ts';
import type { Tokens } from '../service/tokens.ts';
import type { VersionService } from '../service/versions.ts';

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export type Services = {
  accounts: Accounts;
  signIn: SignIn;
  signInCodes: SignInCodes;
  identity: Identity;
  tokens: Tokens;
  stepUp: StepUp;
  audit: AuditService;
  products: ProductService;
  drafts: DraftService;
  schemas: ConfigSchemaService;
  versions: VersionService;
  devices: DeviceService;
  deviceImport: DeviceImport;
  registration: DeviceRegistration;
  rollouts: RolloutService;
  sendAgain: SendAgain;
  server: ServerInfo;
  testMessages: TestMessages;
  links: LinkService;
  reconciler: Reconciler;
  metrics: Metrics;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by `identity.ts` on every route that is not public. */
    actor: Actor;
  }
}

/**
 * Whether a proxy passed the request on. Its own address then says nothing about who asks, unless it is a
 * trusted one: a proxy on this machine must not make every stranger look like somebody on this machine.
 */
export function isForwarded(request: FastifyRequest): boolean {
  return request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
}

/** RFC 3339 in UTC. */
export const time = (at: number): string => new Date(at).toISOString();
export const timeOrNull = (at: number | null): string | null => (at === null ? null : time(at));

/** A strong ETag of a revision. */
export const etagOf = (revision: number): string => `"${revision}"`;

/** `If-Match: "3"` → 3; `If-None-Match: *` → 0 (it must not exist yet); neither → the refusal 428. */
export function demandRevision(request: FastifyRequest, what: string): number {
  const revision = readRevision(request);
  if (revision !== null) return revision;
  throw new DomainError(
    'precondition-required',
    `Say which ${what} you are changing: send If-Match with the ETag you read (If-None-Match: * for the first one).`,
  );
}

/** The revision of `If-Match`, when there is one; `*` means whatever is there. */
export function readRevision(request: FastifyRequest): number | null {
  if (request.headers['if-none-match'] === '*') return 0;
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return null;
  const match = /^"([0-9]{1,15})"$/.exec(header.trim());
  if (match === null)
    throw new DomainError(
      'precondition-failed',
      `If-Match: ${header} is not an ETag of this resource, which looks like "3", quotes included. Read it again.`,
    );
  return Number(match[1]);
}

/** The key that makes a POST repeatable (P6), with the digest of the whole request. */
export function readOnce(request: FastifyRequest): Once | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key === '' || key.length > IDEMPOTENCY_KEY_CHARS_MAX) {
    throw new DomainError(
      'invalid-request',
      `Idempotency-Key must be one text of 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} characters.`,
    );
  }
  const text = `${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`;
  return { key, requestSha256: createHash('sha256').update(text).digest('hex') };
}

/**
 * Reads `limit` and `cursor`. One more item than the page shows is asked for, so that `pageOf` knows
 * whether another page follows. `Key` is what the list's cursor holds, checked by `isKey`. An empty cursor is
 * that of a client which has none yet.
 */
export function readPage<Key>(
  query: { limit?: string; cursor?: string },
  isKey: (value: unknown) => value is Key,
  limitDefault = PAGE_SIZE_DEFAULT,
): PageOf<Key> {
  const shown = query.limit === undefined ? limitDefault : Number(query.limit);
  if (shown < 1 || shown > PAGE_SIZE_MAX)
    throw new DomainError('invalid-request', `limit must be 1 to ${PAGE_SIZE_MAX}.`);
  return {
    limit: shown + 1,
    after: query.cursor ? decodeCursor(query.cursor, isKey) : undefined,
  };
}

function decodeCursor<Key>(cursor: string, isKey: (value: unknown) => value is Key): Key {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (isKey(value)) return value;
  } catch {
    // Not one of ours: answered below.
  }
  throw new DomainError('invalid-request', 'cursor must be the nextCursor of an earlier page of this list.');
}

export const isNumberKey = (value: unknown): value is number => Number.isSafeInteger(value);
export const isTextKey = (value: unknown): value is string => typeof value === 'string';

/** A page of views, from the answer to a `readPage` with this `limit`. */
export function pageOf<Item, View, Key>(
  items: readonly Item[],
  limit: number,
  view: (item: Item) => View,
  key: (item: Item) => Key,
): { items: View[]; nextCursor: string | null } {
  const shown = items.slice(0, limit - 1);
  const last = shown.at(-1);
  const hasMore = items.length === limit && last !== undefined;
  const nextCursor = hasMore ? Buffer.from(JSON.stringify(key(last))).toString('base64url') : null;
  return { items: shown.map(view), nextCursor };
}

/** The bytes of a body that is not JSON to us: drafts, schemas, CSV. */
export function bodyBytes(request: FastifyRequest): Uint8Array {
  // Set by the raw content type parser of these routes; without a body there is none.
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

/** Sends bytes as they are, as JSON text. */
export function sendRaw(reply: FastifyReply, content: Uint8Array): FastifyReply {
  return reply
    .type('application/json; charset=utf-8')
    .send(Buffer.from(content.buffer, content.byteOffset, content.length));
}
