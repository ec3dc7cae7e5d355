/** The faults that the program does, in the order of their rows. */
import { clockSet } from './clock-set.ts';
import type { Fault } from './fault.ts';
import { reconnectHerd } from './herd.ts';
import { killedAtAWrite } from './killed-at-a-write.ts';
import { killedMigration } from './killed-migration.ts';
import { fewDescriptors, littleMemory } from './limits.ts';
import { oldBackup } from './old-backup.ts';
import { powerCut } from './power-cut.ts';
import { diskFull, ioError, storeLocked } from './refused-writes.ts';
import { pubackLost, reportsShuffled } from './reports-shuffled.ts';
import { slowDisk } from './slow-disk.ts';
import { narrow, partition } from './spoiled-network.ts';
import { stoodStill } from './stood-still.ts';

export const FAULTS: readonly Fault[] = [
  killedAtAWrite,
  powerCut,
  stoodStill,
  storeLocked,
  diskFull,
  ioError,
  slowDisk,
  clockSet,
  reportsShuffled,
  pubackLost,
  reconnectHerd,
  partition,
  narrow,
  killedMigration,
  oldBackup,
  fewDescriptors,
  littleMemory,
];
