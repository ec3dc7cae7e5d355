/** Reads server-sent events of one rollout until they end. */
export type StreamedEvent = { name: string; data: Record<string, unknown> };

export type EventStream = AsyncDisposable & {
  readonly status: number;
  readonly headers: Headers;
  readonly events: StreamedEvent[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
};

export async function openEvents(baseUrl: string, rollout: number, token: string): Promise<EventStream> {
  const stop = new AbortController();
  const response = await fetch(`${baseUrl}/api/v1/rollouts/${rollout}/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  const events: StreamedEvent[] = [];
  const ended = readAll(response, events).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    status: response.status,
    headers: response.headers,
    events,
    ended,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

async function readAll(response: Response, events: StreamedEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (name !== undefined && data !== undefined) events.push({ name, data: JSON.parse(data) });
    }
  }
}
