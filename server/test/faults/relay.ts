/** A relay before the gateway that swallows a PUBACK on its way to a device and breaks the connection. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';

export type CuttingRelay = AsyncDisposable & {
  readonly port: number;
  /** How many it cut so far, and how many of the wanted ones are still to come. */
  readonly cuts: number;
  readonly left: number;
  /** The next so many PUBACKs are swallowed, each of another connection. */
  cutNext(count: number): void;
};

export async function cuttingRelay(targetPort: number): Promise<CuttingRelay> {
  const sockets = new Set<Socket>();
  let left = 0;
  let cuts = 0;
  const server = createServer((device) => {
    const gateway = connect({ host: '127.0.0.1', port: targetPort });
    const close = () => {
      device.destroy();
      gateway.destroy();
    };
    for (const socket of [device, gateway]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .once('close', () => {
          sockets.delete(socket);
          close();
        });
    }
    device.on('data', (chunk) => gateway.write(chunk));
    const parser = mqttPacket.parser();
    parser.on('packet', (packet) => {
      if (packet.cmd === 'puback' && left > 0) {
        left -= 1;
        cuts += 1;
        close();
      } else if (device.writable) device.write(mqttPacket.generate(packet));
    });
    gateway.on('data', (chunk: Buffer) => {
      if (!gateway.destroyed) parser.parse(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A TCP listener's address is never a path.
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    get left() {
      return left;
    },
    cutNext(count) {
      left = count;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
