/**
 * A configuration as a file: JSON goes as it is, byte for byte; YAML is converted, and that is said.
 */
import { basename, extname } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { CommandError, EXIT, usageError } from './exit.ts';
import { readInput } from './input.ts';
import type { Output } from './output.ts';

export type ConfigText = { content: Uint8Array; isConverted: boolean };

/** YAML beyond this depth is no configuration, and every level costs stack. */
const YAML_DEPTH_MAX = 100;

/** Reads a configuration file; the name says what it is. */
export async function readConfigText(
  file: string,
  isYaml: boolean | undefined,
  out: Output,
): Promise<ConfigText> {
  const content = await readInput(file);
  const extension = extname(basename(file)).toLowerCase();
  if (!isYaml && extension !== '.yaml' && extension !== '.yml') return { content, isConverted: false };
  const json = convertYaml(Buffer.from(content).toString('utf8'), file);
  out.warn(`${file} is YAML and was converted: comments and the spelling of numbers are not kept.`);
  return { content: Buffer.from(json), isConverted: true };
}

/** Throws with line and column for what YAML or JSON does not allow. */
export function convertYaml(text: string, file: string): string {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    intAsBigInt: true,
    uniqueKeys: true,
    lineCounter: lines,
  });
  const [error] = document.errors;
  if (error !== undefined) throw refuse(`${file}: ${error.message}`);
  if (document.contents === null) throw usageError(`${file} is empty.`);
  const write = (node: Node | null, indent: string, depth: number): string => {
    if (depth > YAML_DEPTH_MAX) throw refuse(`${file} is nested deeper than ${YAML_DEPTH_MAX} levels.`);
    const at = () => {
      const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
      return `${file}:${line}:${col}`;
    };
    const inner = `${indent}  `;
    if (isMap(node)) {
      const members = node.items.map(({ key, value }) => {
        if (!isScalar(key) || typeof key.value !== 'string')
          throw refuse(`${at()}: a member's name must be a text; put it in quotes.`);
        return `${inner}${JSON.stringify(key.value)}: ${write(value as Node | null, inner, depth + 1)}`;
      });
      return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => `${inner}${write(item as Node | null, inner, depth + 1)}`);
      return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
    }
    if (node === null) return 'null';
    if (isScalar(node)) return writeScalar(node.value, at);
    throw refuse(`${at()}: anchors, aliases and tags have no form in JSON. Write the value itself.`);
  };
  return `${write(document.contents, '', 0)}\n`;
}

function writeScalar(value: unknown, at: () => string): string {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  throw refuse(`${at()}: ${String(value)} has no form in JSON.`);
}

function refuse(message: string): CommandError {
  return new CommandError(message, { code: 'yaml-invalid', exit: EXIT.failed });
}
