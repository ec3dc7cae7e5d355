/** A network between devices and a server that can be shut, or be slow and narrow, without any right over the machine. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a direction does to bytes. They keep their order, and none is lost for good: TCP repeats them. */
export type Road = {
  latencyMs: number;
  bytesPerSecond: number;
  /** How much later a piece comes; what a lost packet does to those behind it. */
  lossMs(): number;
};

export type Network = AsyncDisposable & {
  readonly port: number;
  /** From here on nothing passes and nobody is told: no reset, no end. */
  shut(directions: { toDevice: boolean; toServer: boolean }): void;
  /** What was held back passes, as far as both ends still wait for it. */
  heal(): void;
};

export const FAST: Road = { latencyMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, lossMs: () => 0 };

/** `target` is asked for at each connection: a server may be told of its network before it listens. */
export async function networkTo(target: () => number, road: Road = FAST): Promise<Network> {
  const sockets = new Set<Socket>();
  const toDevice = new Gate();
  const toServer = new Gate();
  const server = createServer({ noDelay: true }, (device) => {
    const service = connect({ host: '127.0.0.1', port: target(), noDelay: true });
    for (const socket of [device, service])
      sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    carry(device, service, toServer, road);
    carry(service, device, toDevice, road);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A TCP listener's address is never a path.
    port: (server.address() as AddressInfo).port,
    shut(directions) {
      if (directions.toDevice) toDevice.shut();
      if (directions.toServer) toServer.shut();
    },
    heal() {
      toDevice.open();
      toServer.open();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      toDevice.open();
      toServer.open();
      server.close();
      await once(server, 'close');
    },
  };
}

class Gate {
  #opened = Promise.withResolvers<void>();

  constructor() {
    this.#opened.resolve();
  }

  get passage(): Promise<void> {
    return this.#opened.promise;
  }

  shut(): void {
    this.#opened = Promise.withResolvers();
  }

  open(): void {
    this.#opened.resolve();
  }
}

function carry(from: Socket, to: Socket, gate: Gate, { latencyMs, bytesPerSecond, lossMs }: Road): void {
  let last = Promise.resolve();
  let departsAt = 0;
  let arrivesAt = 0;
  const behind = (work: () => void) => {
    last = last.then(() => gate.passage).then(work);
  };
  from.on('data', (chunk: Buffer) => {
    const now = performance.now();
    departsAt = Math.max(departsAt, now) + (chunk.length / bytesPerSecond) * 1_000;
    arrivesAt = Math.max(arrivesAt, departsAt + latencyMs + lossMs());
    const waitMs = arrivesAt - now;
    if (waitMs > 0) {
      const arrived = delay(waitMs, undefined, { ref: false });
      last = last.then(() => arrived);
    }
    behind(() => void (to.writable && to.write(chunk)));
  });
  from.once('close', () => behind(() => to.destroySoon()));
}
