/** A gateway on a free port with a fake core, recorded events and a clock that tests turn. */
import type { CloseReason, MqttEvents } from '../../../src/mqtt/events.ts';
import { createMqttGateway, type MqttGateway } from '../../../src/mqtt/gateway.ts';
import type { MqttLimits } from '../../../src/mqtt/limits.ts';
import { FakeCore } from './fake-core.ts';

type EventName = keyof MqttEvents;
type EventOf<Name extends EventName> = Parameters<MqttEvents[Name]>[0];
export type Recorded = { [Name in EventName]: { name: Name; event: EventOf<Name> } }[EventName];

export class RecordedEvents {
  readonly all: Recorded[] = [];

  of<Name extends EventName>(name: Name): EventOf<Name>[] {
    // Filtered by the very name that types it.
    return this.all.filter((entry) => entry.name === name).map((entry) => entry.event as EventOf<Name>);
  }

  get closeReasons(): CloseReason[] {
    return this.of('connectionClosed').map((event) => event.reason);
  }

  get faults(): string[] {
    return this.of('protocolError').map((event) => event.fault);
  }

  sink(): MqttEvents {
    // Every member records its name and event; the Proxy stands for all of them.
    return new Proxy({} as MqttEvents, {
      get: (_target, name) => (event: unknown) => {
        this.all.push({ name, event } as Recorded);
      },
    });
  }
}

export type Harness = AsyncDisposable & {
  gateway: MqttGateway;
  core: FakeCore;
  events: RecordedEvents;
  port: number;
  /** Turns the gateway's clock on. */
  advance(ms: number): void;
};

export async function startGateway(limits: Partial<MqttLimits> = {}): Promise<Harness> {
  const core = new FakeCore();
  const events = new RecordedEvents();
  let nowMs = 1_000_000;
  const gateway = createMqttGateway({
    core,
    events: events.sink(),
    limits: { sweepIntervalMs: 5, ...limits },
    clock: () => nowMs,
  });
  const { port } = await gateway.listenTcp({ host: '127.0.0.1', port: 0 });
  return {
    gateway,
    core,
    events,
    port,
    advance: (ms) => {
      nowMs += ms;
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

const UNTIL_MS = 5_000;

/** Waits until a condition holds; fails with its name when it never does. */
export async function until(condition: () => boolean, name: string): Promise<void> {
  const end = Date.now() + UNTIL_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
