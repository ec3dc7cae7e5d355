/** Where devices connect: the server knows the port that is open, and whoever reached it knows the host. */
import { ApiProblem, ApiUnreachable, type Client } from '@opencota/contract/http/client';

/** Undefined: the server is not reached, or does not say it to this token. */
export async function findMqttAddress(client: Client, serverUrl: string): Promise<string | undefined> {
  const { hostname } = new URL(serverUrl);
  try {
    const { port, tlsPort } = (await client.server.get()).mqtt;
    if (port !== null) return `mqtt://${hostname}:${port}`;
    return tlsPort === null ? undefined : `mqtts://${hostname}:${tlsPort}`;
  } catch (error) {
    if (error instanceof ApiProblem || error instanceof ApiUnreachable) return undefined;
    throw error;
  }
}
