/** Watching one rollout to its end, as `rollout watch` and `rollout start --watch` do. */
import type { Client } from '@opencota/contract/http/client';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { type Follower, followRollout } from './follow-rollout.ts';
import { createLiveView } from './live-view.ts';
import { sayProgress, saySummary } from './rollout-progress.ts';
import type { Shell } from './shell.ts';
import { sayDuration } from './text.ts';

export type WatchOptions = { timeoutSeconds?: number | undefined };

/** Exit code 0 when it succeeded, 7 when not. */
export async function watchRollout(
  shell: Shell,
  client: Client,
  id: number,
  { timeoutSeconds }: WatchOptions = {},
): Promise<ExitCode> {
  const { out } = shell;
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const timeout = timeoutSeconds === undefined ? undefined : AbortSignal.timeout(timeoutSeconds * 1000);
  const signal = AbortSignal.any([interrupt.signal, ...(timeout === undefined ? [] : [timeout])]);
  const view = createView(shell);
  try {
    const end = await followRollout(client, id, { ...view, signal });
    view.close();
    if (!out.isJson) out.print(end, () => saySummary(end, out.look.style));
    if (end.outcome === 'succeeded') return EXIT.ok;
    const again = end.allowedActions.includes('retry-failed')
      ? ` Try them again: opencota rollout retry ${id}`
      : '';
    out.hint(`Which devices: opencota rollout show ${id}.${again}`);
    return EXIT.notSucceeded;
  } catch (error) {
    view.close();
    if (timeout?.aborted) throw tooLate(id, timeoutSeconds);
    if (!interrupt.signal.aborted) throw error;
    out.say(`The rollout goes on. Watch it again: opencota rollout watch ${id}`);
    return EXIT.interrupted;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

function tooLate(id: number, seconds = 0): CommandError {
  return new CommandError(`Rollout ${id} is not over after ${sayDuration(seconds)}; it goes on.`, {
    code: 'watch-timeout',
    exit: EXIT.notSucceeded,
    hint: `Watch it again: opencota rollout watch ${id}`,
    members: { rolloutId: id },
  });
}

/** JSON lines, a live view, or a plain line whenever something changed. */
function createView({ out }: Shell): Follower & { close(): void } {
  if (out.isJson)
    return { progress: printChanges((rollout) => out.print(rollout, () => '')), lost() {}, close() {} };
  if (out.isLive) {
    const live = createLiveView(process.stderr, out.talkStyle);
    return {
      progress: live.show,
      lost: (reason) => live.trouble(`Connection lost (${reason}); trying again.`),
      close: live.close,
    };
  }
  return {
    progress: printChanges((rollout) => out.say(sayProgress(rollout, out.talkStyle))),
    lost: (reason) => out.say(`connection lost (${reason}); trying again`),
    close() {},
  };
}

function printChanges(print: (rollout: RolloutView) => void): (rollout: RolloutView) => void {
  let last = '';
  return (rollout) => {
    const now = JSON.stringify(rollout);
    if (now !== last) print(rollout);
    last = now;
  };
}
