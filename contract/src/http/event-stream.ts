/** Reads server-sent events (the HTML standard's `text/event-stream`) from the body of an answer. */
export type StreamEvent = { event: string; data: string };

/** More than any event of ours; a stream that never ends a line must not fill the memory. */
const EVENT_CHARS_MAX = 4 * 1024 * 1024;

/**
 * The events of a stream, in order, until it ends.
 *
 * A comment, such as the server's heartbeat, calls `onComment`: a reader may notice that a quiet stream is alive.
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  onComment: () => void = () => {},
): AsyncGenerator<StreamEvent, void> {
  const decoder = new TextDecoder();
  let pending = '';
  let event = '';
  let data: string[] = [];
  for await (const bytes of body) {
    pending += decoder.decode(bytes, { stream: true });
    if (pending.length > EVENT_CHARS_MAX) throw new Error('An event of the stream is too long.');
    // A line may end with CR LF, cut in two anywhere; the lone CR of old systems is not a line end here.
    const lines = pending.split('\n');
    pending = lines.pop()!;
    for (const each of lines) {
      const line = each.endsWith('\r') ? each.slice(0, -1) : each;
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n') };
        event = '';
        data = [];
      } else if (line.startsWith(':')) {
        onComment();
      } else if (fieldOf(line, 'event') !== undefined) {
        event = fieldOf(line, 'event')!;
      } else if (fieldOf(line, 'data') !== undefined) {
        data.push(fieldOf(line, 'data')!);
      }
    }
  }
}

function fieldOf(line: string, name: string): string | undefined {
  if (!line.startsWith(`${name}:`)) return undefined;
  return line.slice(name.length + 1).replace(/^ /, '');
}
