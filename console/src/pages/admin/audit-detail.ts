/**
 * What an audit entry tells of itself, apart: what was changed from what to what, and the rest.
 *
 * The server writes `before` and `after` with the same members (`service/audited.ts`); a removal has only
 * `before`. Whatever else is there are plain facts.
 */
export type DetailChange = { field: string; before: unknown; after: unknown };
export type Fact = { name: string; value: unknown };
export type AuditDetail = {
  changes: readonly DetailChange[];
  /** Members that were written anew with the same value. */
  sameCount: number;
  facts: readonly Fact[];
};

type Members = Readonly<Record<string, unknown>>;

export function readDetail(detail: Members): AuditDetail {
  const { before, after, ...rest } = detail;
  const facts = Object.entries(rest).map(([name, value]) => ({ name, value }));
  if (!isMembers(before) && !isMembers(after)) {
    const plain = Object.entries({ before, after }).map(([name, value]) => ({ name, value }));
    return {
      changes: [],
      sameCount: 0,
      facts: [...plain.filter(({ value }) => value !== undefined), ...facts],
    };
  }
  const all = compare(isMembers(before) ? before : {}, isMembers(after) ? after : {});
  const changes = all.filter((each) => !isSame(each.before, each.after));
  return { changes, sameCount: all.length - changes.length, facts };
}

function compare(before: Members, after: Members): DetailChange[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].map((field) => ({ field, before: before[field], after: after[field] }));
}

/** Both come from one JSON text, so their texts tell. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Facts that are wall times in milliseconds. */
export function isTimeFact({ name, value }: Fact): boolean {
  return typeof value === 'number' && /(At|Until)$/.test(name);
}

export type ValueWords = { none: string; yes: string; no: string };

/** A value as people read it. */
export function valueText(value: unknown, words: ValueWords): string {
  if (value === null || value === undefined || value === '') return words.none;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (Array.isArray(value))
    return value.length === 0 ? words.none : value.map((each) => valueText(each, words)).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
