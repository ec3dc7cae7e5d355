/**
 * JSON text as a tree that remembers where everything stands, and what is equal.
 *
 * Values are never turned into JavaScript's: a big integer and `1.0` stay as they were typed. Two values have
 * the same `valueId` when they mean the same, whatever their white space, key order or number spelling.
 */

/** Deeper texts are refused by the server too. */
export const NODE_DEPTH_MAX = 64;

type Place = { readonly from: number; readonly to: number; readonly valueId: number };
export type JsonNode =
  | (Place & { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonNode> })
  | (Place & { readonly kind: 'array'; readonly items: readonly JsonNode[] })
  | (Place & { readonly kind: 'value' });

/** Shared between trees that are compared. */
export type ValueIds = Map<string, number>;

type Reader = { readonly text: string; readonly ids: ValueIds; at: number };

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows no raw control characters in strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** @returns undefined when the text is no JSON, is nested too deep, or names a key twice. */
export function parseNodes(text: string, ids: ValueIds = new Map()): JsonNode | undefined {
  const reader: Reader = { text, ids, at: 0 };
  try {
    const root = readValue(reader, 0);
    skip(reader);
    return reader.at === text.length ? root : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readValue(reader: Reader, depth: number): JsonNode {
  skip(reader);
  const from = reader.at;
  const first = reader.text[from];
  if (depth > NODE_DEPTH_MAX) throw new SyntaxError('nested too deep');
  if (first === '{') return readObject(reader, depth);
  if (first === '[') return readArray(reader, depth);
  const token = take(reader, first === '"' ? STRING : first === '-' || isDigit(first) ? NUMBER : WORD);
  const meaning =
    first === '"' ? `s${decode(token)}` : first === '-' || isDigit(first) ? decimal(token) : token;
  return { kind: 'value', from, to: reader.at, valueId: idOf(reader, meaning) };
}

function readObject(reader: Reader, depth: number): JsonNode {
  const from = reader.at;
  const members = new Map<string, JsonNode>();
  readList(reader, '}', () => {
    const key = decode(take(reader, STRING));
    skip(reader);
    expect(reader, ':');
    if (members.has(key)) throw new SyntaxError('a key appears twice');
    members.set(key, readValue(reader, depth + 1));
  });
  const meaning = [...members].map(([key, { valueId }]) => `${JSON.stringify(key)}:${valueId}`).sort();
  return {
    kind: 'object',
    from,
    to: reader.at,
    members,
    valueId: idOf(reader, `{${meaning.join(',')}}`),
  };
}

function readArray(reader: Reader, depth: number): JsonNode {
  const from = reader.at;
  const items: JsonNode[] = [];
  readList(reader, ']', () => void items.push(readValue(reader, depth + 1)));
  const meaning = items.map(({ valueId }) => valueId).join(',');
  return { kind: 'array', from, to: reader.at, items, valueId: idOf(reader, `[${meaning}]`) };
}

function readList(reader: Reader, end: string, readOne: () => void): void {
  reader.at += 1;
  skip(reader);
  if (reader.text[reader.at] === end) {
    reader.at += 1;
    return;
  }
  for (;;) {
    skip(reader);
    readOne();
    skip(reader);
    if (reader.text[reader.at] === end) break;
    expect(reader, ',');
  }
  reader.at += 1;
}

function skip(reader: Reader): void {
  SPACE.lastIndex = reader.at;
  SPACE.test(reader.text);
  reader.at = SPACE.lastIndex;
}

function expect(reader: Reader, character: string): void {
  if (reader.text[reader.at] !== character) throw new SyntaxError(`"${character}" is missing`);
  reader.at += 1;
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found === null) throw new SyntaxError('not a JSON value');
  reader.at = pattern.lastIndex;
  return found[0];
}

function decode(token: string): string {
  // A string token of JSON is a string.
  return JSON.parse(token) as string;
}

const isDigit = (character: string | undefined) =>
  character !== undefined && character >= '0' && character <= '9';

function idOf({ ids }: Reader, meaning: string): number {
  const known = ids.get(meaning);
  if (known !== undefined) return known;
  ids.set(meaning, ids.size);
  return ids.size - 1;
}

/** One spelling per number: `1.0`, `1` and `10e-1` are the same; no digit is lost. */
function decimal(token: string): string {
  const { sign, whole, fraction, power } =
    /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<power>.+))?$/.exec(token)!.groups!;
  const digits = `${whole}${fraction ?? ''}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return 'n0';
  const exponent = BigInt(power ?? 0) - BigInt((fraction ?? '').length) + BigInt(digits.length - kept.length);
  return `n${sign}${kept}e${exponent}`;
}

/** The parts of a JSON Pointer; none for the whole. */
export function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export const pointerPart = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** The value a JSON Pointer leads to, or the innermost one on the way that exists. */
export function nodeAt(root: JsonNode, pointer: string): JsonNode {
  let node = root;
  for (const part of pointerParts(pointer)) {
    const next =
      node.kind === 'object'
        ? node.members.get(part)
        : node.kind === 'array'
          ? node.items[Number(part)]
          : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}
