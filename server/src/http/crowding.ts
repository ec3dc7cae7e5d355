/** Whether so many connections are open that one at rest had better make room. */
import type { Server } from 'node:http';
import { CROWDED_PERCENT } from './limits.ts';

export function watchCrowding(server: Server): () => boolean {
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  return () => open > (server.maxConnections * CROWDED_PERCENT) / 100;
}
