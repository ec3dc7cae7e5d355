/** One delivery as the steps it took, in order, for the timeline. */
import type { DeliveryView } from '@opencota/contract/http/devices';
import type { Static } from 'typebox';
import { timeFormat } from '../../ui/formats.ts';

export type Delivery = Static<typeof DeliveryView>;
export type Step = {
  state: Delivery['state'];
  /** null: it is there now, since nobody says when. */
  at: string | null;
  isCurrent: boolean;
};

/** What it went through, each with its time, and where it stands now. */
export function stepsOf(delivery: Delivery): Step[] {
  const { state, sentAt, receivedAt, downloadedAt, appliedAt, endedAt } = delivery;
  const times = { sent: sentAt, received: receivedAt, downloaded: downloadedAt, applied: appliedAt } as const;
  // The keys are those of the table above.
  const way = (Object.keys(times) as (keyof typeof times)[])
    .filter((each) => times[each] !== null)
    .map((each): Step => ({ state: each, at: times[each], isCurrent: each === state }));
  return way.some(({ isCurrent }) => isCurrent) ? way : [...way, { state, at: endedAt, isCurrent: true }];
}

/** The time of day of a step; with its date when the delivery took longer than the day it began on. */
export function stepTime(at: string, began: string, language: string): string {
  const when = new Date(at);
  const isSameDay = when.toDateString() === new Date(began).toDateString();
  return timeFormat(language, {
    ...(!isSameDay && { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(when);
}
