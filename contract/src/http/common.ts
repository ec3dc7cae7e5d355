/** What every resource of the API shares: times, pages, problems (`product.md` 3). */
import { type Static, type TSchema, Type } from 'typebox';

/** An RFC 3339 time in UTC with milliseconds. */
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });
export const TimeOrNull = Type.Union([Time, Type.Null()]);
export const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);
export const TextOrNull = Type.Union([Type.String(), Type.Null()]);

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 500;
/** The record list begins with the latest five (`product.md` R6). */
export const VERSIONS_LIMIT_DEFAULT = 5;

/** Query of a list. Values arrive as text; `limit` is read by the server. */
export const PageQuery = pageQuery(PAGE_LIMIT_DEFAULT);
export const VersionsQuery = pageQuery(VERSIONS_LIMIT_DEFAULT);

function pageQuery(limitDefault: number) {
  return {
    cursor: Type.Optional(
      Type.String({ maxLength: 512, description: 'nextCursor of the page before; empty: the first page' }),
    ),
    limit: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,3}$',
        description: `1 to ${PAGE_LIMIT_MAX}, default ${limitDefault}`,
      }),
    ),
  };
}

/** A page: `nextCursor` is null on the last one. */
export function Page<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), nextCursor: TextOrNull });
}

/** RFC 9457, with a stable `code` and members of its own per code. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.String(),
    requestId: Type.String(),
  },
  { additionalProperties: true, description: 'RFC 9457 problem' },
);
export type Problem = Static<typeof Problem>;

export const ProductKeyParam = Type.Object({ productKey: Type.String({ minLength: 1, maxLength: 64 }) });
export const IdempotencyHeader = Type.Object(
  {
    'idempotency-key': Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'Repeats of the request with the same key have no further effect',
      }),
    ),
  },
  { additionalProperties: true },
);
export const IfMatchHeader = Type.Object(
  {
    'if-match': Type.Optional(Type.String({ maxLength: 64 })),
    'if-none-match': Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: true },
);
