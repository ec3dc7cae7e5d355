/** The floor as a side of the benchmark. */
import { once } from 'node:events';
import { join } from 'node:path';
import type { Identity } from '../src/alink.ts';
import { type Child, startChild } from './child.ts';
import type { FloorAnswer, FloorCommand, Ports } from './messages.ts';
import { configurationOf, type Side } from './side.ts';

const FLOOR_MAIN = join(import.meta.dirname, 'floor.ts');
const READY_MS_MAX = 10_000;

export async function startFloor(devices: Identity[]): Promise<Side> {
  let running = await launch(devices);
  return {
    name: 'floor',
    child: () => running.child,
    ports: () => running.ports,
    async preparePush() {
      return { start: async () => tell(running.child, { kind: 'push' }), recorded: async () => {} };
    },
    async start() {
      running = await launch(devices);
    },
    [Symbol.asyncDispose]: () => running.child.kill(),
  };
}

async function launch(devices: Identity[]): Promise<{ child: Child; ports: Ports }> {
  const child = startChild({
    args: [FLOOR_MAIN],
    environment: process.env,
    hasIpc: true,
    isInspectable: false,
  });
  try {
    tell(child, { kind: 'open', devices, configuration: configurationOf(0) });
    // The floor says nothing else.
    const [answer] = (await once(child.process, 'message', {
      signal: AbortSignal.timeout(READY_MS_MAX),
    })) as [FloorAnswer];
    return { child, ports: answer.ports };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

function tell(child: Child, command: FloorCommand): void {
  child.process.send(command);
}
