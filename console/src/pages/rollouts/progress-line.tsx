/** Devices finished and failed since the page was opened, as two lines, and in words for those who do not see them. */
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { duration } from '../../ui/time-text.ts';
import type { Sample } from './progress-rate.ts';

const WIDTH = 600;
const HEIGHT = 72;

type Props = { samples: readonly Sample[]; total: number };

export function ProgressLine({ samples, total }: Props) {
  const { t, i18n } = useTranslation('rollouts');
  const number = numberFormat(i18n.language);
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const points = (count: (sample: Sample) => number) =>
    samples
      .map((sample) => {
        const x = ((sample.atMs - first.atMs) / spanMs) * WIDTH;
        const y = HEIGHT - (count(sample) / Math.max(1, total)) * HEIGHT;
        return `${x.toFixed(1)},${y.toFixed(1)}`;
      })
      .join(' ');
  const text = t('pace.line', {
    time: duration(spanMs / 1000, i18n.language),
    from: number.format(first.finished),
    to: number.format(last.finished),
    bad: number.format(last.bad),
  });
  return (
    <figure className="progress-line">
      <svg viewBox={`0 -2 ${WIDTH} ${HEIGHT + 4}`} preserveAspectRatio="none" aria-hidden="true">
        <polyline className="line-finished" points={points(({ finished }) => finished)} />
        {last.bad > 0 && <polyline className="line-bad" points={points(({ bad }) => bad)} />}
      </svg>
      <figcaption className="muted">{text}</figcaption>
    </figure>
  );
}
