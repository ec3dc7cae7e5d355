/** A rollout in numbers and words: what the live view, the plain lines and the summary all say. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { Style } from './table.ts';
import { clean, count, sayDuration, sayTime } from './text.ts';

type State = keyof RolloutView['counters'];

/** In the order things happen; how a state is painted when it has devices. */
const STATE_COLOURS: readonly (readonly [State, Parameters<Style>[0]])[] = [
  ['pending', 'dim'],
  ['sent', 'cyan'],
  ['received', 'cyan'],
  ['downloaded', 'cyan'],
  ['applied', 'green'],
  ['failed', 'red'],
  ['reverted', 'red'],
  ['timedOut', 'red'],
  ['unreached', 'red'],
  ['cancelled', 'yellow'],
  ['superseded', 'yellow'],
];
const BAD_STATES: readonly State[] = ['failed', 'reverted', 'timedOut', 'unreached', 'cancelled'];

export type Tally = { total: number; done: number; bad: number };

/** Devices that have it, and devices that will not get it by this rollout. */
export function tallyOf({ counters, deviceTotal, doneWhen }: RolloutView): Tally {
  const done = counters.applied + (doneWhen === 'downloaded' ? counters.downloaded : 0);
  const bad = BAD_STATES.reduce((sum, state) => sum + counters[state], 0);
  return { total: deviceTotal, done, bad };
}

export function percentOf({ total, done }: Tally): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}

const BLOCK = { full: '█', empty: '░' } as const;

/** A bar: done, then bad, then the rest. Whoever is there gets at least one block. */
export function renderBar({ total, done, bad }: Tally, width: number, style: Style): string {
  const share = (many: number) =>
    many === 0 || total === 0 ? 0 : Math.min(width, Math.max(1, Math.floor((many / total) * width)));
  const badBlocks = share(bad);
  const doneBlocks = Math.min(total === 0 ? width : share(done), width - badBlocks);
  const rest = width - doneBlocks - badBlocks;
  return (
    style('green', BLOCK.full.repeat(doneBlocks)) +
    style('red', BLOCK.full.repeat(badBlocks)) +
    style('dim', BLOCK.empty.repeat(rest))
  );
}

/** `pending 4  applied 16`: the states that have devices. */
export function sayCounters({ counters }: RolloutView, style: Style): string {
  const present = STATE_COLOURS.filter(([state]) => counters[state] > 0);
  if (present.length === 0) return 'no devices';
  return present.map(([state, colour]) => style(colour, `${state} ${counters[state]}`)).join('  ');
}

export function sayState({ state, pauseReason }: RolloutView): string {
  return state === 'paused' && pauseReason !== null ? `paused (${pauseReason})` : state;
}

/** One line without a terminal's means. */
export function sayProgress(rollout: RolloutView, style: Style): string {
  const tally = tallyOf(rollout);
  return `rollout ${rollout.id}  ${sayState(rollout)}  ${percentOf(tally)} %  ${tally.done}/${tally.total} done  ${sayCounters(rollout, style)}  ${clean(rollout.reason)}`;
}

/** How it ended, for standard output. */
export function saySummary(rollout: RolloutView, style: Style): string {
  const { outcome, version, productKey, createdAt, endedAt } = rollout;
  const tally = tallyOf(rollout);
  const words = { succeeded: 'succeeded', incomplete: 'did not succeed', open: 'is not over' }[outcome];
  const colour = outcome === 'succeeded' ? 'green' : outcome === 'open' ? 'yellow' : 'red';
  const seconds = endedAt === null ? undefined : (Date.parse(endedAt) - Date.parse(createdAt)) / 1000;
  const after = seconds === undefined ? '' : ` after ${sayDuration(seconds)}`;
  return [
    `${style(colour, `Rollout ${rollout.id} ${words}`)}: version ${version} of ${productKey}, ${sayState(rollout)}${after}.`,
    `${tally.done} of ${count(tally.total, 'device')} ${rollout.doneWhen === 'applied' ? 'applied it' : 'have it'}. ${sayCounters(rollout, style)}`,
  ].join('\n');
}

export function sayDeadline({ deadlineAt }: RolloutView): string {
  return `deadline ${sayTime(deadlineAt)}`;
}
