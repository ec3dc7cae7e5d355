/** How fast it goes and how long it may take: only while it moves, and only from what this page has seen. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { productQuery } from '../../api/queries.ts';
import { numberFormat } from '../../ui/formats.ts';
import { useNow } from '../../ui/time.tsx';
import { duration } from '../../ui/time-text.ts';
import { partsOf } from './progress.ts';
import { ProgressLine } from './progress-line.tsx';
import { addSample, isStill, ratePerMinute, type Sample, secondsLeft, splitOpen } from './progress-rate.ts';

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
  const { data: product } = useQuery(productQuery(rollout.productKey));
  if (product === undefined) return null;
  const { open } = partsOf(rollout);
  const { away, underWay } = splitOpen({ open, pending: rollout.counters.pending }, product);
  // Nobody knows when a device that is away connects: time is told for the others only.
  const left = secondsLeft(underWay, rate);
  const said: string[] = [];
  if (rate !== undefined) said.push(t('pace.rate', { rate: perMinute(rate, i18n.language) }));
  else if (underWay > 0) said.push(isStill(samples, nowMs) ? t('pace.still') : t('pace.measuring'));
  const devices = (count: number) => ({ count, devices: numberFormat(i18n.language).format(count) });
  if (left !== undefined)
    said.push(t('pace.left', { ...devices(underWay), time: duration(left, i18n.language) }));
  if (away > 0) said.push(t('pace.away', devices(away)));
  if (said.length === 0) return null;
  return (
    <p className="muted numbers" style={{ margin: 0 }}>
      {said.join(' · ')}
    </p>
  );
}

function perMinute(rate: number, language: string): string {
  return numberFormat(language, { maximumFractionDigits: rate < 10 ? 1 : 0 }).format(rate);
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
