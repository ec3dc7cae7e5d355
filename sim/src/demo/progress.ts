/** How the rollout goes, as any client of the API can follow it. */
import type { DeliveryView } from '@opencota/contract/http/devices';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { Static } from 'typebox';
import type { Api } from '../api.ts';
import type { Found } from './scenario.ts';

const RECONNECT_MS = 500;
const PAGE_SIZE = 500;

/**
 * Resolves when nothing more is expected of any device. `look` is called with every event of the stream.
 *
 * @returns false when the time was over before.
 */
export async function follow(
  api: Api,
  rolloutId: number,
  { withinMs, look }: { withinMs: number; look: () => Promise<void> },
): Promise<boolean> {
  const signal = AbortSignal.timeout(withinMs);
  let looking: Promise<void> | undefined;
  const lookOnce = () => {
    // A look that failed is followed by another.
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = undefined;
      });
  };
  try {
    return await untilEnd(api, rolloutId, { signal, onEvent: lookOnce });
  } finally {
    await looking;
  }
}

async function untilEnd(
  api: Api,
  rolloutId: number,
  { signal, onEvent }: { signal: AbortSignal; onEvent: () => void },
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const response = await api.open(`/rollouts/${rolloutId}/events`, signal);
      for await (const { event } of readEvents(response)) {
        if (event === 'end') return true;
        onEvent();
      }
    } catch {
      // A broken stream is taken up again: each event is the whole state, so nothing is missed.
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
  return false;
}

export const findRollout = (api: Api, rolloutId: number): Promise<RolloutView> =>
  api.call('GET', `/rollouts/${rolloutId}`);

type ServerSentEvent = { event: string; data: string };

async function* readEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  let pending = '';
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    pending += text;
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
      const event = parseEvent(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (event.data !== '') yield event;
    }
  }
}

function parseEvent(text: string): ServerSentEvent {
  const found = { event: 'message', data: '' };
  for (const line of text.split('\n')) {
    if (line.startsWith('event: ')) found.event = line.slice(7);
    if (line.startsWith('data: ')) found.data += line.slice(6);
  }
  return found;
}

/** Every delivery of the rollout. */
export async function listDeliveries(api: Api, rolloutId: number): Promise<Found[]> {
  const found: Found[] = [];
  let cursor = '';
  do {
    const query = `limit=${PAGE_SIZE}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await api.call<{ items: Static<typeof DeliveryView>[]; nextCursor: string | null }>(
      'GET',
      `/rollouts/${rolloutId}/deliveries?${query}`,
    );
    found.push(...page.items);
    cursor = page.nextCursor ?? '';
  } while (cursor !== '');
  return found;
}
