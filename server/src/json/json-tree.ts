/**
 * A JSON text as a tree that remembers where each value stands in the text.
 *
 * Values are compared by `valueId`: two nodes of trees made with the same `ValueIds` have the same id
 * exactly when they mean the same JSON value, whatever the spelling of numbers and strings and the
 * order of keys. Ids are given bottom-up, so comparing two large subtrees costs one comparison.
 */
import { canonicalDecimal } from './decimal.ts';
import { type JsonVisitor, type ScalarKind, scanJson } from './json-scan.ts';
import { readStringToken } from './json-text.ts';
import { describeFault, sayPosition } from './syntax-message.ts';
import { locateOffsets } from './text-position.ts';

/** Texts nested deeper are refused. It is above what a configuration may have, whatever its settings. */
export const TREE_DEPTH_MAX = 1_000;

/** `start` and `end` are byte offsets into the UTF-8 form of the text. */
type Placed = { readonly start: number; readonly end: number; readonly valueId: number };

/** Members keep the order of the text; of equal keys the last one counts, as in most readers. */
export type JsonNode =
  | (Placed & { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonNode> })
  | (Placed & { readonly kind: 'array'; readonly items: readonly JsonNode[] })
  | (Placed & { readonly kind: ScalarKind });

export type JsonTree = { readonly bytes: Buffer; readonly root: JsonNode };

/** Canonical spelling of a value → its id. Shared by the trees to be compared. */
export type ValueIds = Map<string, number>;

type OpenContainer =
  | { kind: 'object'; start: number; members: Map<string, JsonNode>; key: string }
  | { kind: 'array'; start: number; items: JsonNode[] };

/** Reads a text; throws a `SyntaxError` with line and column when it is not JSON. */
export function parseJsonTree(text: string, ids: ValueIds = new Map()): JsonTree {
  const bytes = Buffer.from(text, 'utf8');
  const open: OpenContainer[] = [];
  let root: JsonNode | undefined;
  const place = (node: JsonNode) => {
    const parent = open.at(-1);
    if (parent === undefined) root = node;
    else if (parent.kind === 'object') parent.members.set(parent.key, node);
    else parent.items.push(node);
  };
  const visitor: JsonVisitor = {
    openContainer: (kind, start) => {
      open.push(
        kind === 'object' ? { kind, start, members: new Map(), key: '' } : { kind, start, items: [] },
      );
    },
    closeContainer: (end) => {
      const container = open.pop()!;
      place(closedNode(container, end, ids));
    },
    key: (start, end, hasEscape) => {
      const parent = open.at(-1);
      if (parent?.kind === 'object') parent.key = readStringToken(bytes, { start, end, hasEscape });
    },
    scalar: (kind, start, end, hasEscape) => {
      const spelling = canonicalScalar(bytes, { kind, start, end, hasEscape });
      place({ kind, start, end, valueId: idOf(ids, spelling) });
    },
  };
  const fault = scanJson(bytes, { visitor, depthMax: TREE_DEPTH_MAX });
  if (fault !== undefined) throw notJson(bytes, fault);
  // A scan without a fault has placed exactly one value outside every container.
  return { bytes, root: root! };
}

/** The author's own spelling of a value. */
export function sourceText(tree: JsonTree, node: JsonNode): string {
  return tree.bytes.toString('utf8', node.start, node.end);
}

function closedNode(container: OpenContainer, end: number, ids: ValueIds): JsonNode {
  const { start } = container;
  if (container.kind === 'array') {
    const { items } = container;
    const valueId = idOf(ids, `[${items.map((item) => item.valueId).join()}]`);
    return { kind: 'array', start, end, items, valueId };
  }
  const { members } = container;
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  const spelling = sorted.map(([key, node]) => `${JSON.stringify(key)}:${node.valueId}`).join();
  return { kind: 'object', start, end, members, valueId: idOf(ids, `{${spelling}}`) };
}

function canonicalScalar(
  bytes: Buffer,
  token: { kind: ScalarKind; start: number; end: number; hasEscape: boolean },
): string {
  switch (token.kind) {
    case 'string':
      return JSON.stringify(readStringToken(bytes, token));
    case 'number':
      return `#${canonicalDecimal(bytes.toString('latin1', token.start, token.end))}`;
    case 'literal':
      return bytes.toString('latin1', token.start, token.end);
    default:
      return token.kind satisfies never;
  }
}

function idOf(ids: ValueIds, spelling: string): number {
  const known = ids.get(spelling);
  if (known !== undefined) return known;
  ids.set(spelling, ids.size);
  return ids.size - 1;
}

function notJson(bytes: Uint8Array, fault: Parameters<typeof describeFault>[1]): SyntaxError {
  const { offset, openedAt } = fault;
  const positions = locateOffsets(bytes, openedAt === undefined ? [offset] : [offset, openedAt]);
  const opened = openedAt === undefined ? undefined : positions.get(openedAt);
  const message = describeFault(bytes, fault, { opened, depthMax: TREE_DEPTH_MAX });
  return new SyntaxError(`Not JSON at ${sayPosition(positions.get(offset)!)}: ${message}`);
}
