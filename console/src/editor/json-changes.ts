/**
 * What changed between two JSON texts, by meaning: the same words that the server uses when it compares two
 * versions, for a draft that no version holds yet.
 */
import { type JsonNode, parseNodes, pointerPart, type ValueIds } from './json-nodes.ts';

/** As the server lists them. */
export type Change = {
  readonly op: 'add' | 'remove' | 'replace';
  /** JSON Pointer. */
  readonly path: string;
  readonly from?: string;
  readonly to?: string;
  /** A value was too long to be shown whole. */
  readonly cut: boolean;
};

export type Changes =
  /** One of the texts is no JSON. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'same' }
  | { readonly kind: 'textOnly' }
  | { readonly kind: 'changes'; readonly changes: readonly Change[]; readonly truncated: boolean };

export const CHANGES_MAX = 1_000;
export const CHANGE_VALUE_CHARS_MAX = 2_000;

type Side = JsonNode | undefined;
type Spot = { path: string; from: Side; to: Side };

export function compareTexts(fromText: string, toText: string): Changes {
  if (fromText === toText) return { kind: 'same' };
  const ids: ValueIds = new Map();
  const from = parseNodes(fromText, ids);
  const to = parseNodes(toText, ids);
  if (from === undefined || to === undefined) return { kind: 'unknown' };
  const changes: Change[] = [];
  const waiting: Spot[] = [{ path: '', from, to }];
  for (let spot = waiting.pop(); spot !== undefined; spot = waiting.pop()) {
    const inner = innerSpots(spot);
    // The spot to look at next is taken from the end.
    if (inner !== undefined) waiting.push(...inner.reverse());
    else if (changes.length === CHANGES_MAX) return { kind: 'changes', changes, truncated: true };
    else changes.push(changeAt(spot, fromText, toText));
  }
  return changes.length === 0 ? { kind: 'textOnly' } : { kind: 'changes', changes, truncated: false };
}

/** Spots inside to go on with; undefined when this one is the change. */
function innerSpots({ path, from, to }: Spot): Spot[] | undefined {
  if (from === undefined || to === undefined) return undefined;
  if (from.valueId === to.valueId) return [];
  if (from.kind === 'object' && to.kind === 'object') {
    const keys = new Set([...from.members.keys(), ...to.members.keys()]);
    return [...keys].map((key) => ({
      path: `${path}/${pointerPart(key)}`,
      from: from.members.get(key),
      to: to.members.get(key),
    }));
  }
  if (from.kind === 'array' && to.kind === 'array') return itemSpots(path, from.items, to.items);
  return undefined;
}

/** By position, after what both begin and end with is set aside: one item put in is one addition. */
function itemSpots(path: string, from: readonly JsonNode[], to: readonly JsonNode[]): Spot[] {
  const shorter = Math.min(from.length, to.length);
  let first = 0;
  while (first < shorter && from[first]!.valueId === to[first]!.valueId) first += 1;
  let last = 0;
  while (last < shorter - first && from.at(-1 - last)!.valueId === to.at(-1 - last)!.valueId) last += 1;
  const fromEnd = from.length - last;
  const toEnd = to.length - last;
  return Array.from({ length: Math.max(fromEnd, toEnd) - first }, (_, offset) => {
    const index = first + offset;
    return {
      path: `${path}/${index}`,
      from: index < fromEnd ? from[index] : undefined,
      to: index < toEnd ? to[index] : undefined,
    };
  });
}

function changeAt({ path, from, to }: Spot, fromText: string, toText: string): Change {
  const before = from && fromText.slice(from.from, from.to);
  const after = to && toText.slice(to.from, to.to);
  const isLong = (text = '') => text.length > CHANGE_VALUE_CHARS_MAX;
  return {
    op: before === undefined ? 'add' : after === undefined ? 'remove' : 'replace',
    path,
    ...(before !== undefined && { from: before.slice(0, CHANGE_VALUE_CHARS_MAX).toWellFormed() }),
    ...(after !== undefined && { to: after.slice(0, CHANGE_VALUE_CHARS_MAX).toWellFormed() }),
    cut: isLong(before) || isLong(after),
  };
}
