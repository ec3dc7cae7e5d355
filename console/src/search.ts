/** What the query part of each address may say. Whatever else it says is dropped. */
import { DELIVERY_STATES } from './ui/delivery-states.ts';

type Given = Record<string, unknown>;

const text = (value: unknown, charsMax = 100): string | undefined => {
  const given = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof given === 'string' && given !== '' ? given.slice(0, charsMax) : undefined;
};
const number = (value: unknown): number | undefined => {
  const given = typeof value === 'string' ? Number(value) : value;
  return typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 ? given : undefined;
};
const oneOf = <Word extends string>(value: unknown, words: readonly Word[]): Word | undefined =>
  words.find((word) => word === String(value));

/**
 * Members that say nothing are undefined, so that they stand over what the address said; the router leaves them
 * out of addresses.
 */
function said<Search extends object>(
  search: Search,
): { [Key in keyof Search]?: Exclude<Search[Key], undefined> } {
  // To everybody who reads it, undefined and absent are the same.
  return search as never;
}

/** `next`: where to go after signing in; only an address of this console. */
export function signInSearch({ next }: Given): { next?: string } {
  const wanted = text(next, 2_000);
  const isOurs = wanted !== undefined && /^\/(?![/\\])/.test(wanted);
  return said({ next: isOurs ? wanted : undefined });
}

export function signInCodeSearch({ code }: Given) {
  return said({ code: text(code, 32) });
}

export function compareSearch({ from, to, layout }: Given) {
  return said({ from: number(from), to: number(to), layout: oneOf(layout, ['split', 'unified'] as const) });
}

/** Without a state: the devices that failed, when there are any. */
export function rolloutSearch({ state }: Given) {
  return said({ state: oneOf(state, [...DELIVERY_STATES, 'all'] as const) });
}

export function deviceSearch({ search, tag, online, version, state, enabled, cursor, size }: Given) {
  return said({
    search: text(search, 64),
    tag: text(tag, 64),
    online: oneOf(online, ['true', 'false'] as const),
    version: number(version),
    state: oneOf(state, DELIVERY_STATES),
    enabled: oneOf(enabled, ['true', 'false'] as const),
    cursor: text(cursor, 512),
    size: number(size) === 100 ? 100 : undefined,
  });
}

export function auditSearch({ productKey, actor, action }: Given) {
  return said({ productKey: text(productKey, 64), actor: text(actor), action: text(action) });
}
