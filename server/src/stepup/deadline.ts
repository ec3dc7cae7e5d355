/**
 * One time limit over a whole exchange, joined with the caller's signal.
 *
 * It remembers which of the two came first, because to the person waiting "the provider is too slow"
 * and "the request was given up" are different answers, while an aborted socket looks the same in both.
 */
export type Deadline = Disposable & {
  readonly signal: AbortSignal;
  readonly endedBy: () => 'timeout' | 'aborted' | undefined;
};

export function startDeadline(outer: AbortSignal, limitMs: number): Deadline {
  const controller = new AbortController();
  let endedBy: 'timeout' | 'aborted' | undefined;
  const end = (reason: 'timeout' | 'aborted'): void => {
    endedBy ??= reason;
    controller.abort();
  };
  const onAbort = (): void => end('aborted');
  const timer = setTimeout(() => end('timeout'), limitMs);
  outer.addEventListener('abort', onAbort, { once: true });
  if (outer.aborted) onAbort();
  return {
    signal: controller.signal,
    endedBy: () => endedBy,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    },
  };
}
