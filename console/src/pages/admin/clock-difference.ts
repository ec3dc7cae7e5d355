/** Whether the clock of this computer and the server's tell the same time: codes and expiries depend on it. */
const TOLERATED_MS = 30_000;

/**
 * @param readAt when the answer arrived, by this browser. Its way here is part of the difference, so little counts as none.
 * @returns by how much the server is ahead, in milliseconds; undefined: they agree.
 */
export function clockDifference(serverTime: string, readAt: number): number | undefined {
  const aheadMs = Date.parse(serverTime) - readAt;
  return Math.abs(aheadMs) < TOLERATED_MS ? undefined : aheadMs;
}
