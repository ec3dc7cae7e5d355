/**
 * A rollout's progress as the server tells it (server-sent events).
 *
 * Each event is the whole rollout, so whatever was missed while the connection was away does not matter. The
 * browser reconnects by itself; an answer that it takes for final, such as a full server, is tried again here.
 */
import type { RolloutView } from '@opencota/contract/http/rollouts';

const REOPEN_MS = 5_000;

type Listener = {
  onProgress: (rollout: RolloutView) => void;
  onState: (state: 'live' | 'reconnecting') => void;
};

/** @returns how to stop. */
export function followRollout(id: number, { onProgress, onState }: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const take = ({ data }: MessageEvent<string>) => {
    onState('live');
    // The contract says that each event is the whole rollout.
    onProgress(JSON.parse(data) as RolloutView);
  };
  const open = () => {
    const opened = new EventSource(`/api/v1/rollouts/${id}/events`);
    source = opened;
    opened.addEventListener('open', () => onState('live'));
    opened.addEventListener('progress', take);
    opened.addEventListener('end', (event) => {
      take(event);
      opened.close();
    });
    opened.addEventListener('error', () => {
      onState('reconnecting');
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
    });
  };
  open();
  return () => {
    source?.close();
    clearTimeout(timer);
  };
}
