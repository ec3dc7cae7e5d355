/** A time as people say it, with the exact one and its zone on hover and for screen readers. */
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { absoluteTime, duration, relativeTime } from './time-text.ts';
import './time.css';

const AGAIN_MS = 10_000;

export function Time({ value }: { value: string | null }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  if (value === null) return <span className="muted">{t('never')}</span>;
  const exact = absoluteTime(value, i18n.language);
  return (
    // A tooltip of its own for each time would cost more than the rest of a row.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is shown on hover must be reachable by keyboard.
    <time dateTime={value} tabIndex={0} className="time nowrap" title={exact} data-exact={exact}>
      {relativeTime(Date.parse(value) - now, i18n.language)}
    </time>
  );
}

/** How long something takes, such as 2 h 5 min. */
export function Duration({ seconds }: { seconds: number }) {
  const { i18n } = useTranslation();
  return <span className="nowrap">{duration(seconds, i18n.language)}</span>;
}

/** The time of this browser, which moves on. */
export function useNow(everyMs = AGAIN_MS): number {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  // Not as of the last tick: what has just happened would lie in the future.
  return Date.now();
}
