/** The states of deliveries and rollouts: a word, a colour, and a bar of them. */
import type { Counters, RolloutView } from '@opencota/contract/http/rollouts';
import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { DELIVERY_STATES } from './delivery-states.ts';
import './states.css';
import { numberFormat } from './formats.ts';

export type DeliveryCounters = Static<typeof Counters>;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** States that a person should look at. */
export const BAD_STATES: readonly DeliveryState[] = ['failed', 'reverted', 'timedOut', 'unreached'];

const colourOf = (state: DeliveryState) =>
  `var(--state-${state.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)})`;

export function DeliveryStateMark({ state }: { state: DeliveryState }) {
  const { t } = useTranslation('states');
  return (
    <span className="state-mark" title={t(`deliveryMeaning.${state}`)}>
      <i style={{ background: colourOf(state) }} />
      {t(`delivery.${state}`)}
    </span>
  );
}

const ROLLOUT_COLOURS = {
  running: 'processing',
  paused: 'warning',
  completed: 'default',
  cancelled: 'default',
  superseded: 'default',
} as const;

type RolloutState = Pick<RolloutView, 'state' | 'outcome' | 'pauseReason'>;

export function RolloutTag({ state, outcome, pauseReason }: RolloutState) {
  const { t } = useTranslation('states');
  const colour = state === 'completed' && outcome === 'succeeded' ? 'success' : ROLLOUT_COLOURS[state];
  const meaning = pauseReason === null ? t(`outcome.${outcome}`) : t(`pauseReason.${pauseReason}`);
  return (
    <Tag title={meaning} color={state === 'completed' && outcome === 'incomplete' ? 'warning' : colour}>
      {t(`rollout.${state}`)}
    </Tag>
  );
}

/** A share of one whole; names a bar's segment. */
export type Segment = { key: string; label: string; count: number; colour: string };

/** Segments of one whole, with their numbers below: nothing is told by colour alone. */
export function Bar({ segments, label }: { segments: readonly Segment[]; label: string }) {
  const { i18n } = useTranslation();
  const whole = segments.reduce((sum, { count }) => sum + count, 0);
  const number = numberFormat(i18n.language);
  const told = segments.filter(({ count }) => count > 0);
  return (
    <figure className="bar" aria-label={label}>
      <div className="bar-track" aria-hidden="true">
        {told.map(({ key, count, colour }) => (
          <span key={key} style={{ flexGrow: count, flexBasis: 0, background: colour }} />
        ))}
      </div>
      <ul className="bar-legend">
        {told.map(({ key, label: name, count, colour }) => (
          <li key={key}>
            <i style={{ background: colour }} />
            {name} <b className="numbers">{number.format(count)}</b>
            <span className="muted numbers"> {percent(count, whole, i18n.language)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** How far a rollout is: every device in its state. */
export function RolloutBar({ counters }: { counters: DeliveryCounters }) {
  const { t } = useTranslation(['states', 'common']);
  const segments = DELIVERY_STATES.map((state) => ({
    key: state,
    label: t(`states:delivery.${state}`),
    count: counters[state],
    colour: colourOf(state),
  }));
  return <Bar segments={segments} label={t('common:devices')} />;
}

/** Never rounded to 0 % or 100 % while something is missing. */
export function percent(count: number, whole: number, language: string): string {
  if (whole === 0) return '';
  const share = count / whole;
  const rounded = Math.round(share * 100);
  const honest = rounded === 0 && count > 0 ? '<1' : rounded === 100 && count < whole ? '>99' : undefined;
  return honest === undefined ? numberFormat(language, { style: 'percent' }).format(share) : `${honest}%`;
}
