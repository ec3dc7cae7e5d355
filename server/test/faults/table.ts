/** The faults that the program does, in the order of their rows. */
import type { Fault } from './fault.ts';
import { killedAtAWrite } from './killed-at-a-write.ts';
import { killedMigration } from './killed-migration.ts';
import { powerCut } from './power-cut.ts';
import { diskFull, ioError, storeLocked } from './refused-writes.ts';
import { stoodStill } from './stood-still.ts';

export const FAULTS: readonly Fault[] = [
  killedAtAWrite,
  powerCut,
  stoodStill,
  storeLocked,
  diskFull,
  ioError,
  killedMigration,
];
