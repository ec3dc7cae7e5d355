/** How fast it goes and how long it may take: only while it moves, and only from what this page has seen. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { useNow } from '../../ui/time.tsx';
import { duration } from '../../ui/time-text.ts';
import { partsOf } from './progress.ts';
import { ProgressLine } from './progress-line.tsx';
import { addSample, isStill, ratePerMinute, type Sample, secondsLeft } from './progress-rate.ts';

const TICK_MS = 1_000;
/** Fewer points are no line. */
const LINE_SAMPLES_MIN = 4;

export function Pace({ rollout }: { rollout: RolloutView }) {
  const samples = useSamples(rollout);
  return (
    <>
      {rollout.state === 'running' && <PaceText samples={samples} rollout={rollout} />}
      {samples.length >= LINE_SAMPLES_MIN && (
        <ProgressLine samples={samples} total={partsOf(rollout).total} />
      )}
    </>
  );
}

function PaceText({ samples, rollout }: { samples: readonly Sample[]; rollout: RolloutView }) {
  const { t, i18n } = useTranslation('rollouts');
  const nowMs = useNow(TICK_MS);
  const rate = ratePerMinute(samples, nowMs);
  const unknown = isStill(samples, nowMs) ? t('pace.still') : t('pace.measuring');
  const { open } = partsOf(rollout);
  // When only pending ones are open, they wait for devices to connect, and nobody knows when those do.
  const isUnderWay = open > rollout.counters.pending;
  const left = isUnderWay ? secondsLeft(open, rate) : undefined;
  const perMinute = numberFormat(i18n.language, { maximumFractionDigits: (rate ?? 0) < 10 ? 1 : 0 });
  return (
    <p className="muted numbers" style={{ margin: 0 }}>
      {rate === undefined ? unknown : t('pace.rate', { rate: perMinute.format(rate) })}
      {left !== undefined && <> · {t('pace.left', { time: duration(left, i18n.language) })}</>}
    </p>
  );
}

/** What the page has seen of this rollout. */
function useSamples(rollout: RolloutView): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const { total, open, bad } = partsOf(rollout);
  const finished = total - open;
  useEffect(() => {
    setSamples((before) => addSample(before, { atMs: Date.now(), finished, bad }));
  }, [finished, bad]);
  return samples;
}
