/**
 * What a fault of the program is: a row of the list of faults, done to a server, with a verdict.
 *
 * A fault holds when `run` returns and is broken when it throws; what it throws is the report. Where
 * a machine cannot do it (no `strace`, no right to mount) `run` throws `NotHere`, which is neither.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { randomFrom } from '../support/random.ts';

export type FaultRun = {
  /** The short form: fewer steps and devices, the same promises. */
  isQuick: boolean;
  /** A whole number below its argument; the same for the same seed. */
  random(below: number): number;
  /** A fact worth a line: where it was killed, how much was lost. */
  say(line: string): void;
};

export type Fault = {
  /** The row of the list of faults. */
  row: number;
  /** What `--only` calls it. */
  name: string;
  fault: string;
  promise: string;
  /** What is done, in the long form. */
  done: string;
  /** What the test suite runs of it: this fault with `isQuick`, or a test elsewhere. */
  shortForm: 'quick' | { test: string };
  run(run: FaultRun): Promise<void>;
};

/** This machine cannot do it. */
export class NotHere extends Error {
  override readonly name = 'NotHere';
}

export type Verdict =
  | { kind: 'held'; facts: string[]; ms: number }
  | { kind: 'broken'; facts: string[]; ms: number; error: unknown }
  | { kind: 'not here'; facts: string[]; ms: number; reason: string };

export type RunOptions = { isQuick: boolean; seed: number; withinMs: number };

/** Does one fault, within a time: a server that hangs is a broken promise, too. */
export async function runFault(fault: Fault, { isQuick, seed, withinMs }: RunOptions): Promise<Verdict> {
  const facts: string[] = [];
  const since = performance.now();
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error(`not done after ${withinMs} ms`)), withinMs);
  const say = (line: string) => void facts.push(line);
  const ms = () => Math.round(performance.now() - since);
  try {
    await Promise.race([fault.run({ isQuick, random: randomFrom(seed), say }), tooLate.promise]);
    return { kind: 'held', facts, ms: ms() };
  } catch (error) {
    if (error instanceof NotHere) return { kind: 'not here', facts, ms: ms(), reason: error.message };
    return { kind: 'broken', facts, ms: ms(), error };
  } finally {
    clearTimeout(timer);
  }
}

/** The path of a program, for faults that need one which not every machine has. */
export function demandProgram(name: string): string {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  throw new NotHere(`needs the program ${name}`);
}
