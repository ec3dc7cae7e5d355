/** The way of a device list through the import page: chosen, checked, sent, answered. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api } from '../../api/client.ts';
import { readAgain } from '../../api/read-again.ts';
import { type BadRow, type CsvCheck, checkCsv, decodeCsv, type FileFault } from './csv-check.ts';
import type { DeviceRow } from './device-csv.ts';
import { mergeResults, type ResultRow, runImport } from './import-run.ts';

export type Stage =
  | { kind: 'choosing'; fault?: FileFault; name?: string }
  | { kind: 'checking'; name: string; share: number }
  | { kind: 'checked'; name: string; good: readonly DeviceRow[]; bad: readonly BadRow[] }
  | { kind: 'sending'; name: string; done: number; total: number; isStopping: boolean }
  | {
      kind: 'finished';
      name: string;
      results: readonly ResultRow[];
      left: readonly DeviceRow[];
      error?: unknown;
    };

export type Source = { name: string; content: Uint8Array | string };

/** Lets the page draw and answer between two slices of work. */
const pause = () => new Promise((resolve) => setTimeout(resolve));

export function useImport(productKey: string) {
  const client = useQueryClient();
  const [stage, setStage] = useState<Stage>({ kind: 'choosing' });
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);

  const check = async ({ name, content }: Source) => {
    stop.current.abort();
    stop.current = new AbortController();
    const { signal } = stop.current;
    setStage({ kind: 'checking', name, share: 0 });
    const onProgress = (share: number) => setStage({ kind: 'checking', name, share });
    const checked = await readSource(content, { signal, onProgress, pause }).catch((error: unknown) => {
      // Another file was chosen, or the page left.
      if (signal.aborted) return undefined;
      throw error;
    });
    if (checked === undefined || signal.aborted) return;
    if (checked.kind === 'fault') setStage({ kind: 'choosing', fault: checked.fault, name });
    else setStage({ kind: 'checked', name, good: checked.good, bad: checked.bad });
  };

  const send = async (
    name: string,
    devices: readonly DeviceRow[],
    before: readonly ResultRow[],
    bad: readonly BadRow[],
  ) => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    const total = devices.length;
    setStage({ kind: 'sending', name, done: 0, total, isStopping: false });
    const run = await runImport(devices, {
      send: (csv) => api.devices.import(productKey, csv),
      onProgress: (done) => setStage((now) => (now.kind === 'sending' ? { ...now, done } : now)),
      isStopped: () => signal.aborted,
    });
    setStage({ kind: 'finished', name, ...run, results: mergeResults(before, bad, run) });
    void readAgain(client, ['product', productKey]);
  };

  return {
    stage,
    check,
    startOver: () => setStage({ kind: 'choosing' }),
    send: () => stage.kind === 'checked' && send(stage.name, stage.good, [], stage.bad),
    goOn: () => stage.kind === 'finished' && send(stage.name, stage.left, stage.results, []),
    stop: () => {
      stop.current.abort();
      setStage((now) => (now.kind === 'sending' ? { ...now, isStopping: true } : now));
    },
  };
}

async function readSource(
  content: Uint8Array | string,
  options: Parameters<typeof checkCsv>[1],
): Promise<CsvCheck> {
  if (typeof content === 'string') return checkCsv(content, options);
  const decoded = decodeCsv(content);
  return decoded.kind === 'fault' ? decoded : checkCsv(decoded.text, options);
}
