/**
 * Compares two configurations by what they mean: which values were added, removed or replaced.
 *
 * Key order, white space and the spelling of a number (1.0 and 1) do not change the meaning; a
 * difference only in those is reported by `isTextOnly`. Values are shown as their authors typed them,
 * so a big integer is never rounded on its way to the screen.
 *
 * Items of arrays are compared by position, after what both arrays begin and end with is set aside.
 * One item put into a list is therefore one addition and not a change of all that follow.
 */
import { escapePointerPart } from './json-text.ts';
import { type JsonNode, type JsonTree, parseJsonTree, sourceText, type ValueIds } from './json-tree.ts';

/** At most this many changes are listed. */
export const CONFIG_CHANGES_MAX = 1_000;
/** Each value is shown with at most this many characters. */
export const CHANGE_VALUE_LENGTH_MAX = 2_000;
/** Paths and values of all changes together; long keys would otherwise be repeated in every path. */
export const CHANGES_LENGTH_MAX = 1_000_000;

/**
 * `path` is a JSON Pointer: into the old text for `remove`, into the new one for `add`, and valid in
 * both for `replace`. `isCut` says that a value was longer than `CHANGE_VALUE_LENGTH_MAX` and ends early.
 */
export type ConfigChange =
  | { readonly op: 'add'; readonly path: string; readonly to: string; readonly isCut: boolean }
  | { readonly op: 'remove'; readonly path: string; readonly from: string; readonly isCut: boolean }
  | {
      readonly op: 'replace';
      readonly path: string;
      readonly from: string;
      readonly to: string;
      readonly isCut: boolean;
    };

export type ConfigDiff = {
  /** In the order of the text. */
  readonly changes: readonly ConfigChange[];
  /** There are more changes than are listed. */
  readonly truncated: boolean;
  /** The texts differ and mean the same. */
  readonly isTextOnly: boolean;
};

/** A place to compare: the value there before, after, or both. */
type Place = {
  readonly path: string;
  readonly from: JsonNode | undefined;
  readonly to: JsonNode | undefined;
};

type Trees = { readonly from: JsonTree; readonly to: JsonTree };

/** Both texts must be JSON; otherwise it throws a `SyntaxError` with line and column. */
export function diffConfigs(fromText: string, toText: string): ConfigDiff {
  if (fromText === toText) return { changes: [], truncated: false, isTextOnly: false };
  const ids: ValueIds = new Map();
  const trees: Trees = { from: parseJsonTree(fromText, ids), to: parseJsonTree(toText, ids) };
  const changes: ConfigChange[] = [];
  const waiting: Place[] = [{ path: '', from: trees.from.root, to: trees.to.root }];
  let length = 0;
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const inner = innerPlaces(place);
    if (inner !== undefined) {
      // The place to look at next is taken from the end.
      for (const next of inner.reverse()) waiting.push(next);
      continue;
    }
    const change = changeAt(place, trees);
    length += changeLength(change);
    if (changes.length >= CONFIG_CHANGES_MAX || length > CHANGES_LENGTH_MAX) {
      return { changes, truncated: true, isTextOnly: false };
    }
    changes.push(change);
  }
  return { changes, truncated: false, isTextOnly: changes.length === 0 };
}

/** The places inside to go on with; none for equal values; undefined when the place itself changed. */
function innerPlaces({ path, from, to }: Place): Place[] | undefined {
  if (from === undefined || to === undefined) return undefined;
  if (from.valueId === to.valueId) return [];
  if (from.kind === 'object' && to.kind === 'object') return memberPlaces(path, from.members, to.members);
  if (from.kind === 'array' && to.kind === 'array') return itemPlaces(path, from.items, to.items);
  return undefined;
}

type Members = ReadonlyMap<string, JsonNode>;

function memberPlaces(path: string, from: Members, to: Members): Place[] {
  const places: Place[] = [];
  const add = (key: string, before: JsonNode | undefined, after: JsonNode | undefined) => {
    if (before?.valueId === after?.valueId) return;
    places.push({ path: `${path}/${escapePointerPart(key)}`, from: before, to: after });
  };
  for (const [key, node] of from) add(key, node, to.get(key));
  for (const [key, node] of to) if (!from.has(key)) add(key, undefined, node);
  return places;
}

function itemPlaces(path: string, from: readonly JsonNode[], to: readonly JsonNode[]): Place[] {
  const shorter = Math.min(from.length, to.length);
  let prefix = 0;
  while (prefix < shorter && from[prefix]!.valueId === to[prefix]!.valueId) prefix += 1;
  let suffix = 0;
  while (suffix < shorter - prefix && from.at(-1 - suffix)!.valueId === to.at(-1 - suffix)!.valueId) {
    suffix += 1;
  }
  const fromEnd = from.length - suffix;
  const toEnd = to.length - suffix;
  const places: Place[] = [];
  for (let index = prefix; index < Math.max(fromEnd, toEnd); index += 1) {
    const before = index < fromEnd ? from[index] : undefined;
    const after = index < toEnd ? to[index] : undefined;
    if (before?.valueId !== after?.valueId) {
      places.push({ path: `${path}/${index}`, from: before, to: after });
    }
  }
  return places;
}

function changeAt({ path, from, to }: Place, trees: Trees): ConfigChange {
  const before = from === undefined ? undefined : boundedText(trees.from, from);
  const after = to === undefined ? undefined : boundedText(trees.to, to);
  const isCut = (before?.isCut ?? false) || (after?.isCut ?? false);
  if (before !== undefined && after !== undefined) {
    return { op: 'replace', path, from: before.text, to: after.text, isCut };
  }
  if (after !== undefined) return { op: 'add', path, to: after.text, isCut };
  return { op: 'remove', path, from: before!.text, isCut };
}

function boundedText(tree: JsonTree, node: JsonNode): { text: string; isCut: boolean } {
  const text = sourceText(tree, node);
  if (text.length <= CHANGE_VALUE_LENGTH_MAX) return { text, isCut: false };
  return { text: text.slice(0, CHANGE_VALUE_LENGTH_MAX).toWellFormed(), isCut: true };
}

function changeLength(change: ConfigChange): number {
  const from = change.op === 'add' ? 0 : change.from.length;
  const to = change.op === 'remove' ? 0 : change.to.length;
  return change.path.length + from + to;
}
