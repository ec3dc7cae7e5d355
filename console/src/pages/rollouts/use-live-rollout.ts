/**
 * One rollout, as live as the network allows: read once, then followed by its stream, and read again now and
 * then in case the stream is silent without saying so.
 */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { readAgain } from '../../api/read-again.ts';
import { isOver } from './progress.ts';
import { rolloutQuery } from './queries.ts';
import { followRollout } from './rollout-stream.ts';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'over';

/** While the stream is silent or away. */
const POLL_MS = 3_000;
const CHECK_MS = 30_000;

export function useLiveRollout(id: number) {
  const client = useQueryClient();
  const [stream, setStream] = useState<Exclude<LiveState, 'over'>>('connecting');
  const query = useQuery({
    ...rolloutQuery(id),
    refetchInterval: ({ state: { data } }) => {
      if (data !== undefined && isOver(data)) return CHECK_MS;
      return stream === 'live' ? CHECK_MS : POLL_MS;
    },
  });
  const { data: rollout } = query;
  const hasEnded = rollout !== undefined && isOver(rollout);
  const isFollowed = rollout !== undefined && !hasEnded;
  const key = rollout?.productKey;
  useEffect(() => {
    if (!isFollowed || key === undefined) return;
    setStream('connecting');
    return followRollout(id, {
      onState: setStream,
      onProgress: (view: RolloutView) => {
        client.setQueryData(rolloutQuery(id).queryKey, view);
        // What else the product's pages say changes with its end.
        if (isOver(view)) void readAgain(client, ['product', key]);
      },
    });
  }, [client, id, isFollowed, key]);
  // A device may confirm what it has downloaded after the end.
  const counts = hasEnded ? Object.values(rollout.counters).join(' ') : '';
  useEffect(() => {
    // The list of devices is read again while the rollout is on its way; what came last is read here.
    if (counts !== '') void readAgain(client, ['rollout', id, 'deliveries']);
  }, [client, id, counts]);
  const live: LiveState = hasEnded ? 'over' : stream;
  return { query, live };
}
