/** Reading again what is shown, because it has changed. */
import type { QueryClient } from '@tanstack/react-query';

/**
 * As `invalidateQueries`, which leaves a first read that is on its way alone: what it answers may be from
 * before the change, and would be shown as the newest. Here it is given up and started anew.
 */
export async function readAgain(client: QueryClient, queryKey: readonly unknown[]): Promise<void> {
  await client.cancelQueries({ queryKey });
  await client.invalidateQueries({ queryKey });
}
