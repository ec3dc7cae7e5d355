/**
 * A load process: plays many devices, for both sides in turn, and says what that cost itself. It ends with
 * the process that started it.
 */
import { type Go, LoadFleet } from './load-fleet.ts';
import type { LoadAnswer, LoadCommand, SideName } from './messages.ts';

const fleets = new Map<SideName, LoadFleet>();
let go: Go | undefined;

process.on('message', (command: LoadCommand) => {
  carryOut(command).then(answer, (error: unknown) =>
    answer({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function carryOut(command: LoadCommand): Promise<LoadAnswer> {
  switch (command.kind) {
    case 'open':
      fleets.set(
        command.side,
        new LoadFleet(command.devices, command.sourceAddress, command.side === 'mosquitto'),
      );
      return { kind: 'ready' };
    case 'prepare':
      go = await fleetOf(command.side).prepare(command.ports, command.task);
      return { kind: 'ready' };
    case 'go':
      return measured(go!);
    default:
      return command satisfies never;
  }
}

async function measured(work: Go): Promise<LoadAnswer> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  const operations = await work();
  const { user, system } = process.cpuUsage(startCpu);
  return { kind: 'done', operations, cpuMs: (user + system) / 1000, wallMs: performance.now() - startMs };
}

function fleetOf(side: SideName): LoadFleet {
  const fleet = fleets.get(side);
  if (fleet === undefined) throw new Error(`the ${side} has no devices here`);
  return fleet;
}

function answer(message: LoadAnswer): void {
  process.send!(message);
}
