/**
 * Row 2: the power goes. Every change that a server makes to its files is recorded with its time, and so is
 * every answer. Then, for many moments, the disk is put together as a cut at that moment would leave it,
 * and must hold all that was answered before.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KillBench } from '../support/kill-bench.ts';
import { untilEnded } from '../support/test-product.ts';
import type { Fault, FaultRun } from './fault.ts';
import { recordingTo } from './strace.ts';
import { Disk, type Files, readRecord } from './write-record.ts';

const FLEET = 10;
const ROUNDS = 4;
/** Cuts at random moments, beside one right after each answer. */
const RANDOM_CUTS = 40;
/** Of the long form: how many disks a server is started on. */
const STARTS = 3;
/** More than one page of the store, so that nothing is recorded in part. */
const RECORDED_BYTES_MAX = 65_536;

/** Something that was answered, and when the answer was here. */
type Answer = { atMs: number; what: string; sql: string; values: (string | number)[] };

export const powerCut: Fault = {
  row: 2,
  name: 'power-cut',
  fault: 'power cut at any moment of saves, pushes and reports',
  promise: 'a 2xx to a save or a push and a PUBACK to a report mean that it is on the disk (P1, P2)',
  done: 'every write and sync of a server is recorded; for a moment after each answer and 40 others the disk is rebuilt from what was synced and a random part of the rest, and asked for everything answered until then; a server is started on three of them',
  shortForm: { test: 'faults/write-record.test.ts' },
  async run(run) {
    const traces = mkdtempSync(join(tmpdir(), 'opencota-trace-'));
    await using bench = await KillBench.start();
    const { dir } = bench.server;
    try {
      await bench.addFleet(FLEET);
      await bench.server.terminate();
      const before = readFiles(dir);
      const prefix = join(traces, 'trace');
      await bench.restart({ wrapper: recordingTo(prefix, RECORDED_BYTES_MAX) });
      const answers = await live(bench);
      await bench.server.kill();
      await checkCuts(run, { bench, dir, before, answers, prefix });
    } finally {
      for (const made of [traces, dir]) rmSync(made, { recursive: true, force: true });
    }
  },
};

function readFiles(dir: string): Files {
  const files = readdirSync(dir).map((name) => join(dir, name));
  return new Map(files.map((path) => [path, readFileSync(path)]));
}

const nowMs = () => performance.timeOrigin + performance.now();

/** Saves and pushes, and devices that report. @returns what was answered, in time's order. */
async function live(bench: KillBench): Promise<Answer[]> {
  const answers: Answer[] = [];
  const note = (what: string, sql: string, ...values: (string | number)[]) =>
    void answers.push({ atMs: nowMs(), what, sql, values });
  for (const device of bench.fleet)
    device.onWire = (event) => {
      // The id of a message is its delivery and its attempt; any later state than sent is no step back.
      if (event !== 'report-acked') return;
      const { deviceName } = device.identity;
      const sql = `SELECT 1 FROM device WHERE device_name = ? AND confirmed_version >= ?`;
      note(`the report of ${deviceName}`, sql, deviceName, bench.saved);
    };
  for (let round = 0; round < ROUNDS; round += 1) {
    const version = await bench.save();
    note(`version ${version.number}`, 'SELECT 1 FROM version WHERE number = ?', version.number);
    const { id } = await bench.push(version.number);
    note(`rollout ${id}`, 'SELECT 1 FROM rollout WHERE id = ? AND version = ?', id, version.number);
    await untilEnded(bench.admin, id);
  }
  for (const device of bench.fleet) device.onWire = () => {};
  return answers.sort((one, other) => one.atMs - other.atMs);
}

type Recorded = { bench: KillBench; dir: string; before: Files; answers: Answer[]; prefix: string };

async function checkCuts(run: FaultRun, recorded: Recorded): Promise<void> {
  const { bench, before, answers, prefix } = recorded;
  const record = readRecord(prefix);
  assert.equal(answers.length, ROUNDS * (FLEET + 2), 'answers');
  const first = record.changes[0]!.doneAtMs;
  const lengthMs = Math.ceil(record.endsAtMs - first);
  const random = Array.from({ length: RANDOM_CUTS }, () => first + run.random(lengthMs));
  const cuts = [...answers.map(({ atMs }) => atMs), ...random].sort((one, other) => one - other);
  const startedOn = new Set(Array.from({ length: STARTS }, () => run.random(cuts.length)));
  const disk = new Disk(before, record);
  for (const [index, cutAtMs] of cuts.entries()) {
    const dir = await mkdtemp(join(tmpdir(), 'opencota-cut-'));
    try {
      // The lock and the index are the living process's; a machine that starts again has neither.
      for (const [path, bytes] of disk.cutAt(cutAtMs, run.random))
        if (/\.db(-wal)?$|\.key$/.test(path)) writeFileSync(path.replace(recorded.dir, dir), bytes);
      checkDisk(
        dir,
        answers.filter(({ atMs }) => atMs <= cutAtMs),
      );
      if (startedOn.has(index)) await startOn(bench, dir);
    } finally {
      await rm(dir, { recursive: true });
    }
  }
  const writes = record.changes.filter(({ kind }) => kind === 'write').length;
  run.say(`${cuts.length} cuts in ${writes} writes; ${answers.length} answers, none lost`);
}

function checkDisk(dir: string, answered: readonly Answer[]): void {
  using database = new DatabaseSync(join(dir, 'opencota.db'));
  assert.equal(database.prepare('PRAGMA integrity_check').get()!.integrity_check, 'ok');
  const lost = answered.filter(({ sql, values }) => database.prepare(sql).get(...values) === undefined);
  assert.deepEqual(
    lost.map(({ what }) => what),
    [],
    'answered and lost in a power cut',
  );
}

/** The same devices go on with the server that starts on this disk. */
async function startOn(bench: KillBench, dir: string): Promise<void> {
  await bench.restart({ dir, wrapper: [] });
  const version = await bench.save();
  const { id } = await bench.push(version.number);
  await bench.untilAllRun(version.sha256, id);
  await bench.server.kill();
}
