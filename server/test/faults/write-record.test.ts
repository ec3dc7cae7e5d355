/** A disk after a power cut, from a record of writes: the short form of fault 2, without a server. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Disk, readRecord } from './write-record.ts';

const SECTOR = 512;
const hex = (text: string | Buffer) =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const FD = `7<${hex('/d/a')}>`;

async function recordOf(lines: readonly string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-record-'));
  await writeFile(join(dir, 'trace.1'), `${lines.join('\n')}\n+++ exited with 0 +++\n`);
  const record = readRecord(join(dir, 'trace'));
  await rm(dir, { recursive: true });
  return record;
}

const before = new Map([['/d/a', Buffer.from('old')]]);
const [lost, kept] = [() => 1, () => 0];

test('what was synced is there, what was only written may be there or not, what came later is not', async () => {
  const record = await recordOf([
    `1.000000 pwrite64(${FD}, "${hex('one')}", 3, 0) = 3 <0.000100>`,
    `1.100000 fsync(${FD}) = 0 <0.000500>`,
    `1.200000 pwrite64(${FD}, "${hex('two')}", 3, 3) = 3 <0.000100>`,
    `1.300000 pwrite64(${FD}, "${hex('tri')}", 3, 6) = 3 <0.000100>`,
    `1.400000 fsync(${FD}) = 0 <0.000500>`,
  ]);
  const text = (disk: Disk, atMs: number, random: () => number) =>
    disk.cutAt(atMs, random).get('/d/a')!.toString();
  const disk = new Disk(before, record);
  assert.equal(text(disk, 1_050, lost), 'old');
  assert.equal(text(disk, 1_100.4, lost), 'old', 'a sync that has not returned promises nothing');
  assert.equal(text(disk, 1_100.6, lost), 'one');
  assert.equal(text(disk, 1_250, lost), 'one');
  assert.equal(text(disk, 1_250, kept), 'onetwo');
  assert.equal(text(disk, 1_500, lost), 'onetwotri');
});

test('a write that was not synced may be torn between two sectors', async () => {
  const bytes = Buffer.alloc(2 * SECTOR, 'x');
  const record = await recordOf([
    `1.000000 pwrite64(${FD}, "${hex(bytes)}", ${bytes.length}, 0) = ${bytes.length} <0.000100>`,
  ]);
  const answers = [1, 0];
  const after = new Disk(before, record).cutAt(2_000, () => answers.shift()!).get('/d/a')!;
  assert.equal(after.toString('latin1', 0, 3), 'old');
  assert.equal(after.length, 2 * SECTOR);
  assert.deepEqual(after.subarray(SECTOR), bytes.subarray(SECTOR));
});

test('a failed write changes nothing, and what was cut off reads as zeros when the file grows again', async () => {
  const record = await recordOf([
    `1.000000 pwrite64(${FD}, "${hex('bad')}", 3, 0) = -1 EIO (Input/output error) <0.000100>`,
    `1.100000 ftruncate(${FD}, 1) = 0 <0.000100>`,
    `1.200000 pwrite64(${FD}, "${hex('z')}", 1, 2) = 1 <0.000100>`,
    `1.300000 fsync(${FD}) = 0 <0.000100>`,
  ]);
  assert.equal(new Disk(before, record).cutAt(2_000, lost).get('/d/a')!.toString(), 'o\0z');
});
