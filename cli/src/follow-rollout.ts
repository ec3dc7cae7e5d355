/**
 * Follows a rollout until it ends, whatever happens to the connection.
 *
 * Every event is the whole rollout, so a stream that broke is simply opened again. The server gives a sign of
 * life every few seconds; a stream that gives none is dead, even when nobody closed it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable, type Client } from '@opencota/contract/http/client';
import type { RolloutView } from '@opencota/contract/http/rollouts';

const SILENCE_MS = 20_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 5_000;
/** After this long without an answer the server counts as unreachable. */
const GIVE_UP_MS = 5 * 60_000;
/** Answers that pass: a server that starts or stops. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([500, 503, 507]);

export type Follower = {
  progress(rollout: RolloutView): void;
  /** The connection is gone and is being opened again. */
  lost(reason: string): void;
};

/** The rollout as it ended. Throws what the server refuses, and `AbortError` when the signal says stop. */
export async function followRollout(
  client: Client,
  id: number,
  { progress, lost, signal }: Follower & { signal: AbortSignal },
): Promise<RolloutView> {
  // Said at once, and refused at once when there is no such rollout.
  progress(await client.rollouts.get(id));
  let lastAliveMs = performance.now();
  let retryMs = RETRY_FIRST_MS;
  for (;;) {
    try {
      const end = await readStream(client, id, signal, (rollout) => {
        lastAliveMs = performance.now();
        retryMs = RETRY_FIRST_MS;
        progress(rollout);
      });
      if (end !== undefined) return end;
      lost('the stream ended');
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      if (performance.now() - lastAliveMs > GIVE_UP_MS) throw error;
      lost(error instanceof Error ? error.message : String(error));
    }
    await wait(retryMs, undefined, { signal });
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }
}

/** Undefined: the stream ended, the rollout did not. */
async function readStream(
  client: Client,
  id: number,
  outer: AbortSignal,
  progress: (rollout: RolloutView) => void,
): Promise<RolloutView | undefined> {
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  alive();
  try {
    const signal = AbortSignal.any([outer, silence.signal]);
    for await (const { kind, rollout } of client.rollouts.events(id, { signal, onAlive: alive })) {
      progress(rollout);
      if (kind === 'end') return rollout;
    }
    return undefined;
  } catch (error) {
    if (error instanceof ApiProblem || outer.aborted) throw error;
    // A stream that breaks half-way throws whatever the runtime has for it.
    const reason = silence.signal.aborted ? 'the stream fell silent' : 'the connection broke';
    throw error instanceof ApiUnreachable ? error : new ApiUnreachable(client.url, reason, error);
  } finally {
    clearTimeout(timer);
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof ApiProblem) return PASSING_STATUSES.has(error.status);
  return error instanceof ApiUnreachable;
}
