/** What the person who is signed in may do, as the server says. The server decides; pages only do not offer the rest. */
import { useSuspenseQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries.ts';

export type Right =
  | 'read'
  | 'configs:write'
  | 'rollouts:write'
  | 'products:switch'
  | 'devices:write'
  | 'products:write'
  | 'admin';

export function useSession() {
  return useSuspenseQuery(sessionQuery).data;
}

/** @returns whether the signed-in person has this right. */
export function useRights(): (right: Right) => boolean {
  const { permissions } = useSession();
  return (right) => permissions.includes(right);
}
