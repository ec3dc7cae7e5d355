/** Where findings stand in the text: the server counts bytes, or names a JSON Pointer; an editor counts characters. */
import { type JsonNode, nodeAt, parseNodes } from '../../editor/json-nodes.ts';
import { documentPosition, indexOfByte } from '../../editor/line-breaks.ts';
import type { Finding, Findings } from './draft-keeper.ts';

export type PlacedFinding = {
  readonly severity: 'problem' | 'warning';
  readonly reason: string;
  readonly message: string;
  /** JSON Pointer. */
  readonly path: string | undefined;
  /** Characters in the editor's document, where each line break is one. */
  readonly from: number;
  readonly to: number;
  /** From 1, in characters as people count them. */
  readonly line: number;
  readonly column: number;
};

/** A word, a number or a text begins here; anything else is marked as one character. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"|[\w.+-]+|./suy;

export function placeFindings(text: string, { problems, warnings }: Findings): PlacedFinding[] {
  const root = [...problems, ...warnings].some(({ offset }) => offset === undefined)
    ? parseNodes(text)
    : undefined;
  const bytes = new TextEncoder().encode(text);
  const lineStarts = [0, ...text.matchAll(/\r\n|\r|\n/g).map((found) => found.index + found[0].length)];
  const place = (severity: PlacedFinding['severity']) => (finding: Finding) => {
    const [from, to] = rangeOf({ text, bytes, root }, finding);
    const line = lineStarts.findLastIndex((start) => start <= from);
    return {
      severity,
      reason: finding.reason,
      message: finding.message,
      path: finding.path,
      from: documentPosition(text, from),
      to: documentPosition(text, to),
      line: line + 1,
      column: [...text.slice(lineStarts[line], from)].length + 1,
    };
  };
  return [...problems.map(place('problem')), ...warnings.map(place('warning'))];
}

type Source = { text: string; bytes: Uint8Array; root: JsonNode | undefined };

function rangeOf({ text, bytes, root }: Source, { offset, path = '' }: Finding): [from: number, to: number] {
  if (offset === undefined) {
    const node = root && nodeAt(root, path);
    if (node === undefined) return [0, 0];
    // Of an object or list its opening is enough: marking all of it would mark the page.
    return [node.from, node.kind === 'value' ? node.to : node.from + 1];
  }
  const from = indexOfByte(bytes, offset);
  TOKEN.lastIndex = from;
  return [from, from + (TOKEN.exec(text)?.[0].length ?? 0)];
}
