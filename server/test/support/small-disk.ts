/** A disk that is small enough to fill. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIECE_BYTES = 16 * 1024;

export type SmallDisk = AsyncDisposable & { readonly dir: string };

/** A disk of its own; undefined where this user cannot mount one. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    await rm(dir, { recursive: true });
    return undefined;
  }
  return {
    dir,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['--lazy', dir]);
      await rm(dir, { recursive: true });
    },
  };
}

/** Writes to the file until there is no room for another piece. */
export async function fillDisk(path: string): Promise<void> {
  const piece = Buffer.alloc(PIECE_BYTES);
  const write = async () => {
    for (;;) await writeFile(path, piece, { flag: 'a' });
  };
  await assert.rejects(write(), { code: 'ENOSPC' });
}
