/**
 * The planner's reason, taken apart so that it can be said in another language.
 *
 * The server says it in English, in a few known forms; one that is not known here is shown as it is.
 */
export const WAITING_STEPS = ['handOver', 'acknowledge', 'download', 'confirm'] as const;
type WaitingStep = (typeof WAITING_STEPS)[number];

export type Reason =
  | { kind: 'switchOff' | 'switchWasOff' | 'pausedByPerson' | 'nothingOpen' }
  | { kind: 'preparing'; count: number }
  | { kind: 'waiting'; steps: readonly { step: WaitingStep; count: number }[] }
  | { kind: 'ended'; state: EndState; outcome: EndOutcome }
  | { kind: 'unknown'; text: string };

const END_STATES = ['completed', 'cancelled', 'superseded'] as const;
type EndState = (typeof END_STATES)[number];
const END_OUTCOMES = ['succeeded', 'incomplete'] as const;
type EndOutcome = (typeof END_OUTCOMES)[number];

const SENTENCES: ReadonlyMap<string, 'switchOff' | 'switchWasOff' | 'pausedByPerson' | 'nothingOpen'> =
  new Map([
    ['paused: remote configuration of the product is off', 'switchOff'],
    ['paused: remote configuration was turned off; resume it when it is on again', 'switchWasOff'],
    ['paused by an operator', 'pausedByPerson'],
    ['nothing is open', 'nothingOpen'],
  ]);

const STEPS: ReadonlyMap<string, WaitingStep> = new Map([
  ['to connect or to be handed over', 'handOver'],
  ['to acknowledge', 'acknowledge'],
  ['to download', 'download'],
  ['to confirm', 'confirm'],
]);

export function readReason(text: string): Reason {
  const kind = SENTENCES.get(text);
  if (kind !== undefined) return { kind };
  const preparing = /^preparing deliveries, devices: (\d+)$/.exec(text);
  if (preparing !== null) return { kind: 'preparing', count: Number(preparing[1]) };
  return readWaiting(text) ?? readEnd(text) ?? { kind: 'unknown', text };
}

function readWaiting(text: string): Reason | undefined {
  const list = /^waiting for devices: (.+)$/.exec(text)?.[1];
  const steps = list?.split(', ').map((part) => {
    const [, count, words = ''] = /^(\d+) (.+)$/.exec(part) ?? [];
    return { step: STEPS.get(words), count: Number(count) };
  });
  const known = steps?.flatMap(({ step, count }) => (step === undefined ? [] : [{ step, count }]));
  return known === undefined || known.length !== steps?.length
    ? undefined
    : { kind: 'waiting', steps: known };
}

function readEnd(text: string): Reason | undefined {
  const [first, second, ...more] = text.split(', ');
  const state = END_STATES.find((each) => each === first);
  const outcome = END_OUTCOMES.find((each) => each === second);
  if (state === undefined || outcome === undefined || more.length > 0) return undefined;
  return { kind: 'ended', state, outcome };
}
