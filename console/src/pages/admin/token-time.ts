/** How much of a token's life is left. */
export type TokenLife = 'expired' | 'ending' | 'good';

const DAY_MS = 86_400_000;
/** From then on it is marked, so that somebody makes the next one in time. */
export const ENDING_DAYS = 14;

export function tokenLife(expiresAt: string, now: number): TokenLife {
  const leftMs = Date.parse(expiresAt) - now;
  if (leftMs <= 0) return 'expired';
  return leftMs < ENDING_DAYS * DAY_MS ? 'ending' : 'good';
}
