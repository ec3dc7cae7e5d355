/**
 * A rollout drawn in place on a terminal: bar, counters, reason, rate. Redrawn with every event and every second.
 */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { percentOf, renderBar, sayCounters, sayDeadline, sayState, tallyOf } from './rollout-progress.ts';
import type { Style } from './table.ts';
import { clean, cutTo, sayDuration, textWidth } from './text.ts';

export type LiveView = {
  show(rollout: RolloutView): void;
  /** A line of trouble, until the next event. */
  trouble(text: string): void;
  /** Takes the view off the screen. */
  close(): void;
};

const REDRAW_MS = 1_000;
const RATE_WINDOW_MS = 15_000;
/** A rate over less than this is noise. */
const RATE_MS_MIN = 1_000;
const BAR_WIDTH_MAX = 50;
const BAR_WIDTH_MIN = 10;
const CLEAR_BELOW = '\x1b[J';
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

export function createLiveView(terminal: NodeJS.WriteStream, style: Style): LiveView {
  const rate = createRate();
  let rollout: RolloutView | undefined;
  let trouble = '';
  let drawn = 0;
  const erase = () => `\r${drawn > 1 ? `\x1b[${drawn - 1}A` : ''}${CLEAR_BELOW}`;
  const draw = () => {
    if (rollout === undefined) return;
    const width = terminal.columns || 80;
    const lines = linesOf({ rollout, trouble, perSecond: rate.perSecond(), width, style });
    terminal.write(`${HIDE_CURSOR}${drawn > 0 ? erase() : ''}${lines.join('\n')}`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, REDRAW_MS);
  return {
    show(next) {
      rollout = next;
      trouble = '';
      const { done, bad } = tallyOf(next);
      rate.note(done + bad);
      draw();
    },
    trouble(text) {
      trouble = text;
      draw();
    },
    close() {
      clearInterval(timer);
      terminal.write(`${drawn > 0 ? erase() : ''}${SHOW_CURSOR}`);
      drawn = 0;
    },
  };
}

type Scene = { rollout: RolloutView; trouble: string; perSecond: number; width: number; style: Style };

function linesOf({ rollout, trouble, perSecond, width, style }: Scene): string[] {
  const tally = tallyOf(rollout);
  const percent = `${String(percentOf(tally)).padStart(3)} %  ${tally.done} of ${tally.total} done`;
  const barWidth = Math.max(BAR_WIDTH_MIN, Math.min(BAR_WIDTH_MAX, width - textWidth(percent) - 4));
  const title = `Rollout ${rollout.id}: version ${rollout.version} of ${rollout.productKey}, ${sayState(rollout)}`;
  const elapsed = (Date.now() - Date.parse(rollout.createdAt)) / 1000;
  const pace = [
    `${sayDuration(elapsed)} so far`,
    ...(perSecond > 0 ? [`${perSecond.toFixed(1)} devices/s`] : []),
    sayDeadline(rollout),
  ].join(' · ');
  return [
    style('bold', cutTo(title, width - 1)),
    `${renderBar(tally, barWidth, style)} ${percent}`,
    fitCounters(rollout, width - 1, style),
    cutTo(clean(rollout.reason), width - 1),
    trouble === ''
      ? style('dim', cutTo(`${pace} · Ctrl+C stops watching only`, width - 1))
      : style('yellow', cutTo(trouble, width - 1)),
  ];
}

/** Without colours when they do not fit, so that they can be cut. */
function fitCounters(rollout: RolloutView, width: number, style: Style): string {
  const painted = sayCounters(rollout, style);
  return textWidth(painted) <= width
    ? painted
    : cutTo(
        sayCounters(rollout, (_kind, text) => text),
        width,
      );
}

/** Devices per second over the last while. */
function createRate() {
  let notes: { atMs: number; many: number }[] = [];
  return {
    note(many: number): void {
      notes.push({ atMs: performance.now(), many });
    },
    perSecond(): number {
      const now = performance.now();
      // One older note stays as the base to count from.
      const firstInside = notes.findIndex(({ atMs }) => atMs >= now - RATE_WINDOW_MS);
      notes = notes.slice(Math.max(0, (firstInside < 0 ? notes.length : firstInside) - 1));
      const [first] = notes;
      const last = notes.at(-1);
      if (first === undefined || last === undefined || last.many <= first.many) return 0;
      return ((last.many - first.many) / Math.max(RATE_MS_MIN, now - first.atMs)) * 1000;
    },
  };
}
