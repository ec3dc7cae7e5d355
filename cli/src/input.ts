/** What a command reads: files, standard input. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { usageError } from './exit.ts';

/** The bytes of a file; `-` is standard input. */
export async function readInput(file: string): Promise<Uint8Array> {
  if (file !== '-') return readFile(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Lines of standard input, at most so many; it is not waited for more. */
export async function readLines(max: number, what: string): Promise<string[]> {
  if (process.stdin.isTTY) throw usageError(`${what} is to come from standard input, which is a terminal.`);
  const lines: string[] = [];
  const reader = createInterface({ input: process.stdin });
  for await (const line of reader) {
    lines.push(line);
    if (lines.length >= max) break;
  }
  // Nothing more is read, so that an open pipe does not keep the process alive.
  process.stdin.destroy();
  if ((lines[0] ?? '').trim() === '')
    throw usageError(`${what} was to come from standard input, which is empty.`);
  return lines;
}
