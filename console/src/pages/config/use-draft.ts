/** A draft keeper for one page: connected to the server, this browser's storage, the network and the router. */
import { ApiUnreachable } from '@opencota/contract/http/client';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api } from '../../api/client.ts';
import { hasCode, isProblem } from '../../api/problem.ts';
import {
  createDraftKeeper,
  type DraftKeeper,
  type DraftSnapshot,
  type ServerDraft,
  type Written,
} from './draft-keeper.ts';
import { findKept, forgetKept, type KeptDraft, keep } from './kept-text.ts';
import { readDraft, readTheirs } from './opening.ts';

/** How often the page looks whether somebody else wrote the draft. */
const FOLLOW_MS = 15_000;

type Owner = { productKey: string; username: string };
export type Draft = {
  keeper: DraftKeeper;
  snapshot: DraftSnapshot;
  /** What this browser had kept and the server did not have when the page opened. */
  kept: KeptDraft | undefined;
};

export function useDraft(owner: Owner, server: ServerDraft, mayWrite: boolean): Draft {
  const [{ keeper, kept }] = useState(() => openKeeper(owner, server, mayWrite));
  const snapshot = useSyncExternalStore(keeper.subscribe, keeper.snapshot);
  useEffect(() => {
    // Text that this browser had kept goes to the server first.
    if (keeper.isChanged()) void keeper.flush();
    const onOnline = () => void keeper.flush();
    addEventListener('online', onOnline);
    return () => {
      removeEventListener('online', onOnline);
      keeper.stop();
    };
  }, [keeper]);
  return { keeper, snapshot, kept };
}

function openKeeper(owner: Owner, server: ServerDraft, mayWrite: boolean) {
  const page = Math.random().toString(36).slice(2);
  const keeper = createDraftKeeper({
    server,
    write: (draft) => write(owner.productKey, draft),
    mayRetry: (error) => error instanceof ApiUnreachable || (isProblem(error) && error.status >= 500),
    remember: (draft) => (draft === null ? forgetKept(owner, page) : keep(owner, draft, page)),
    setTimer(run, afterMs) {
      const timer = setTimeout(run, afterMs);
      return () => clearTimeout(timer);
    },
  });
  const kept = mayWrite ? findKept(owner) : undefined;
  if (kept === undefined || kept.text === server.text) {
    if (kept !== undefined) forgetKept(owner, kept.page);
    return { keeper, kept: undefined };
  }
  forgetKept(owner, kept.page);
  keep(owner, kept, page);
  if (kept.etag === server.etag) keeper.edit(kept.text);
  else keeper.meet(kept.text, { ...server, by: undefined, at: undefined });
  return { keeper, kept };
}

async function write(productKey: string, { text, etag }: ServerDraft): Promise<Written> {
  try {
    const { revision, updatedAt, problems, warnings } = await api.drafts.put(productKey, {
      content: text,
      etag,
    });
    return { kind: 'written', etag: `"${revision}"`, at: updatedAt, findings: { problems, warnings } };
  } catch (error) {
    if (!hasCode(error, 'precondition-failed')) throw error;
    return { kind: 'conflict', theirs: await readTheirs(productKey, error) };
  }
}

/** Shows what somebody else wrote, as long as nothing is unsaved here. */
export function useFollowing(keeper: DraftKeeper, productKey: string, show: (text: string) => void): void {
  useEffect(() => {
    let isOpen = true;
    const look = async () => {
      if (document.visibilityState !== 'visible' || keeper.snapshot().state.kind !== 'clean') return;
      // A later look does what this one could not.
      const held = await readDraft(productKey).catch(() => undefined);
      const { state, server } = keeper.snapshot();
      if (!isOpen || held === undefined || state.kind !== 'clean' || held.etag === server.etag) return;
      const isOther = held.text !== server.text;
      keeper.follow(held);
      if (isOther) show(held.text);
    };
    const timer = setInterval(() => void look(), FOLLOW_MS);
    const onFocus = () => void look();
    addEventListener('focus', onFocus);
    return () => {
      isOpen = false;
      clearInterval(timer);
      removeEventListener('focus', onFocus);
    };
  }, [keeper, productKey, show]);
}

/** Leaving writes first, and asks only when that fails. */
export function useLeaveGuard(keeper: DraftKeeper) {
  return useBlocker({
    shouldBlockFn: async ({ current, next }) => {
      if (current.pathname === next.pathname) return false;
      const { kind } = keeper.snapshot().state;
      if (!keeper.isChanged() && kind !== 'conflict') return false;
      return !(await keeper.flush());
    },
    enableBeforeUnload: () => keeper.isChanged(),
    withResolver: true,
  });
}
