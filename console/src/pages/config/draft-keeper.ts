/**
 * Keeps a draft while it is typed: in this browser at once, on the server soon after, and never over what
 * somebody else wrote meanwhile (R4).
 *
 * One write is under way at a time. A write that could not reach the server is tried again until it does; one
 * that the server refused waits for the next change. When the draft on the server is another than the one that
 * was read, nothing more is written until a person has looked at both texts.
 */

/** Typing pauses this long before a write. */
export const WRITE_AFTER_MS = 800;
export const RETRY_AFTER_MS: readonly number[] = [2_000, 5_000, 10_000, 30_000];

export type Finding = {
  readonly reason: string;
  readonly message: string;
  /** Byte offset, from 0. */
  readonly offset?: number;
  /** JSON Pointer, for what has no place of its own. */
  readonly path?: string;
};
export type Findings = { readonly problems: readonly Finding[]; readonly warnings: readonly Finding[] };

export type ServerDraft = { readonly text: string; readonly etag: string };
/** The draft of somebody else that was found in the place of ours. */
export type Theirs = ServerDraft & { readonly by: string | undefined; readonly at: string | undefined };

export type Written =
  | { readonly kind: 'written'; readonly etag: string; readonly at: string; readonly findings: Findings }
  | { readonly kind: 'conflict'; readonly theirs: Theirs };

export type DraftState =
  | { readonly kind: 'clean' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly willRetry: boolean }
  | { readonly kind: 'conflict'; readonly theirs: Theirs };

export type DraftSnapshot = {
  readonly state: DraftState;
  /** What the server holds, as far as is known here. */
  readonly server: ServerDraft;
  readonly savedAt: string | undefined;
  /** Of the text that was last written; undefined: not written from here yet. */
  readonly findings: Findings | undefined;
};

type Parts = {
  server: ServerDraft;
  write(draft: ServerDraft): Promise<Written>;
  /** Whether a later try may do better. */
  mayRetry(error: unknown): boolean;
  /** Remembers what the server does not have yet; null: nothing. */
  remember(draft: ServerDraft | null): void;
  setTimer(run: () => void, afterMs: number): () => void;
};

export type DraftKeeper = ReturnType<typeof createDraftKeeper>;

export function createDraftKeeper({ server, write, mayRetry, remember, setTimer }: Parts) {
  let text = server.text;
  let snapshot: DraftSnapshot = {
    state: { kind: 'clean' },
    server,
    savedAt: undefined,
    findings: undefined,
  };
  let stopTimer = () => {};
  let underWay: Promise<void> | undefined;
  let failures = 0;
  /** Sent without an answer: it may have arrived all the same. */
  let unanswered: string | undefined;
  const listeners = new Set<() => void>();

  function change(next: Partial<DraftSnapshot>): void {
    snapshot = { ...snapshot, ...next };
    for (const listener of listeners) listener();
  }
  function plan(afterMs: number): void {
    stopTimer();
    stopTimer = setTimer(() => void writeNow(), afterMs);
  }
  const isChanged = () => text !== snapshot.server.text;

  async function writeNow(): Promise<void> {
    stopTimer();
    if (snapshot.state.kind === 'conflict') return;
    underWay ??= send().finally(() => {
      underWay = undefined;
    });
    await underWay;
  }

  async function send(): Promise<void> {
    const sent = text;
    change({ state: { kind: 'saving' } });
    try {
      settle(sent, await write({ text: sent, etag: snapshot.server.etag }));
    } catch (error) {
      const willRetry = mayRetry(error);
      if (willRetry) unanswered = sent;
      change({ state: { kind: 'failed', error, willRetry } });
      if (willRetry) plan(RETRY_AFTER_MS[Math.min(failures, RETRY_AFTER_MS.length - 1)]!);
      else if (text !== sent) plan(WRITE_AFTER_MS);
      failures += 1;
    }
  }

  function settle(sent: string, answer: Written): void {
    failures = 0;
    if (answer.kind === 'conflict' && answer.theirs.text !== unanswered) {
      change({ state: { kind: 'conflict', theirs: answer.theirs } });
      return;
    }
    const isOurs = answer.kind === 'written';
    adopt(isOurs ? { text: sent, etag: answer.etag } : answer.theirs);
    if (isOurs) change({ savedAt: answer.at, findings: answer.findings });
  }

  /** The server holds this: what is typed beyond it is written next. */
  function adopt(held: ServerDraft): void {
    unanswered = undefined;
    const isBehind = text !== held.text;
    change({ server: held, state: { kind: isBehind ? 'changed' : 'clean' } });
    remember(isBehind ? { text, etag: held.etag } : null);
    if (isBehind) plan(WRITE_AFTER_MS);
  }

  return {
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => snapshot,
    text: () => text,
    isChanged,
    edit(next: string): void {
      text = next;
      const { state, server: held } = snapshot;
      remember(isChanged() ? { text, etag: held.etag } : null);
      if (state.kind === 'conflict' || state.kind === 'saving') return;
      if (!isChanged()) stopTimer();
      else plan(WRITE_AFTER_MS);
      const kind = isChanged() ? 'changed' : 'clean';
      // A failure stays in sight until a write gets through.
      if (state.kind !== kind && (state.kind !== 'failed' || kind === 'clean')) change({ state: { kind } });
    },
    /** Both texts are there: ours on top of one the server no longer has, and theirs. */
    meet(ours: string, theirs: Theirs): void {
      text = ours;
      stopTimer();
      change({ state: { kind: 'conflict', theirs } });
    },
    /** Ends a conflict with this text; it is written over theirs, and only over theirs. */
    resolve(chosen: string, theirs: ServerDraft): void {
      text = chosen;
      adopt(theirs);
      if (isChanged()) void writeNow();
    },
    /** The draft was changed elsewhere and nothing of ours is unsaved: theirs is the text now. */
    follow(held: ServerDraft): void {
      text = held.text;
      adopt(held);
    },
    /** Writes what is not on the server yet, now. `always`: also a text that is as it was read. @returns whether it is there. */
    async flush({ always = false } = {}): Promise<boolean> {
      await underWay;
      if (isChanged() || always) await writeNow();
      // Typed while that was under way.
      if (isChanged() && snapshot.state.kind === 'changed') await writeNow();
      return snapshot.state.kind === 'clean';
    },
    stop: () => stopTimer(),
  };
}
