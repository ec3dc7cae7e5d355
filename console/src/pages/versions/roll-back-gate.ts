/** Which gate would refuse the push of a roll back now. */
import type { ProductView } from '@opencota/contract/http/products';

export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'switchOff' }
  | { readonly kind: 'coolDown'; readonly until: string };

type Known = {
  readonly preview: { readonly enabled: boolean; readonly nextAllowedAt: string | null };
  readonly latestRollout: Pick<NonNullable<ProductView['latestRollout']>, 'state'> | null;
};

export function rollBackGate({ preview, latestRollout }: Known, nowMs: number): Gate {
  const { enabled, nextAllowedAt } = preview;
  if (!enabled) return { kind: 'switchOff' };
  // Going back from a rollout that is not over is no new push (R11).
  const isUnderWay = latestRollout?.state === 'running' || latestRollout?.state === 'paused';
  if (isUnderWay || nextAllowedAt === null || Date.parse(nextAllowedAt) <= nowMs) return { kind: 'open' };
  return { kind: 'coolDown', until: nextAllowedAt };
}
