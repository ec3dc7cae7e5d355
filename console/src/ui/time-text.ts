/** Times and durations as text, in the language of the page. */
import { numberFormat, offsetFormat, timeFormat } from './formats.ts';

const STEPS: readonly [limitSeconds: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [60, 'second', 1],
  [3_600, 'minute', 60],
  [86_400, 'hour', 3_600],
  [30 * 86_400, 'day', 86_400],
  [365 * 86_400, 'month', 30 * 86_400],
  [Number.POSITIVE_INFINITY, 'year', 365 * 86_400],
];

/** @param offsetMs what was is negative. */
export function relativeTime(offsetMs: number, language: string): string {
  const seconds = Math.round(offsetMs / 1000);
  const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit)!;
  return offsetFormat(language).format(Math.round(seconds / size), unit);
}

export function absoluteTime(value: string, language: string): string {
  return timeFormat(language, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).format(new Date(value));
}

/** The two largest units that say something: `2 h 5 min`. */
export function duration(seconds: number, language: string): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'day'],
    [Math.floor((whole % 86_400) / 3_600), 'hour'],
    [Math.floor((whole % 3_600) / 60), 'minute'],
    [whole % 60, 'second'],
  ];
  const said = parts.filter(([count]) => count > 0).slice(0, 2);
  return (said.length > 0 ? said : parts.slice(-1))
    .map(([count, unit]) =>
      numberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count),
    )
    .join(' ');
}

export function bytes(count: number, language: string): string {
  let [size, unit] = [count, 'B'];
  for (const larger of ['KB', 'MB', 'GB', 'TB']) {
    if (size < 1024) break;
    [size, unit] = [size / 1024, larger];
  }
  return `${numberFormat(language, { maximumFractionDigits: 1 }).format(size)} ${unit}`;
}
