/** The results as a table for a person, and what to bear in mind when reading it. */
import { pad, padStart } from '../src/demo/terminal.ts';
import type { Profiled, ScenarioResult } from './rounds.ts';
import { SCENARIOS } from './scenarios.ts';

/** Above this share of its cores the load may be what was measured. */
const LOAD_SHARE_MAX = 0.9;

const COLUMNS: readonly { title: string; of: (result: ScenarioResult) => string }[] = [
  { title: 'server/s', of: ({ perSecond }) => count(perSecond) },
  { title: 'floor/s', of: ({ floorPerSecond }) => count(floorPerSecond) },
  { title: 'ratio', of: ({ ratioToFloor }) => ratioToFloor?.toFixed(2) ?? '' },
  { title: 'target', of: targetOf },
  { title: 'µs CPU', of: ({ cpuMicrosPerDevice }) => count(cpuMicrosPerDevice) },
  { title: 'floor µs', of: ({ floorCpuMicrosPerDevice }) => count(floorCpuMicrosPerDevice) },
  { title: 'KB/conn', of: ({ bytesPerConnection }) => kilobytes(bytesPerConnection) },
  { title: 'floor KB', of: ({ floorBytesPerConnection }) => kilobytes(floorBytesPerConnection) },
  {
    title: 'load',
    of: ({ loadCpuShare, floorLoadCpuShare }) => `${percent(loadCpuShare)}/${percent(floorLoadCpuShare)}`,
  },
];

type BrokerReport = { mosquitto: string | null; scenarios: readonly ScenarioResult[] };

const NAME_WIDTH = 20;
const COLUMN_WIDTH = 10;

export function tableLines(results: readonly ScenarioResult[]): string[] {
  return [
    row(
      '',
      COLUMNS.map(({ title }) => title),
    ),
    ...results.map((result) =>
      row(
        result.name,
        COLUMNS.map(({ of }) => of(result)),
      ),
    ),
  ];
}

function row(name: string, cells: readonly string[]): string {
  return (pad(name, NAME_WIDTH) + cells.map((cell) => padStart(cell, COLUMN_WIDTH)).join('')).trimEnd();
}

/** What each row counts, and every reason to doubt it. */
export function noteLines(results: readonly ScenarioResult[]): string[] {
  return [
    ...results.map(({ name }) => `${pad(name, NAME_WIDTH)}${SCENARIOS[name].meaning}`),
    `${pad('load', NAME_WIDTH)}CPU of the load processes, of the cores they can have: beside the server/beside the floor`,
    ...results.flatMap(doubts),
  ];
}

/** A table of its own: a broker does a part of the work, so no ratio is made of it. */
export function brokerLines({ mosquitto, scenarios }: BrokerReport): string[] {
  if (mosquitto === null) return [];
  const measured = scenarios.filter((each) => each.mosquitto !== null);
  return [
    `Mosquitto ${mosquitto}, where it does alike`,
    row('', ['each/s', 'µs CPU', 'KB/conn', 'load']),
    ...measured.map(({ name, mosquitto: broker }) =>
      row(name, [
        count(broker!.perSecond),
        count(broker!.cpuMicrosPerDevice),
        kilobytes(broker!.bytesPerConnection),
        percent(broker!.loadCpuShare),
      ]),
    ),
    '',
  ];
}

function doubts({ name, loadCpuShare, floorLoadCpuShare }: ScenarioResult): string[] {
  const limits = [
    loadCpuShare > LOAD_SHARE_MAX && 'the server is faster than this says',
    floorLoadCpuShare > LOAD_SHARE_MAX && 'the floor is faster than this says, so the true ratio is lower',
  ].filter((limit) => limit !== false);
  return limits.length === 0 ? [] : [`! ${name}: the load was the bottleneck: ${limits.join('; ')}`];
}

export function profileLines({ path, hottest }: Profiled): string[] {
  return [
    `Profile ${path}; self time of busy time:`,
    ...hottest.map(
      ({ name, where, share }) => `${padStart(`${(share * 100).toFixed(1)} %`, 8)}  ${name} ${where}`,
    ),
  ];
}

function targetOf({ target, isTargetMet }: ScenarioResult): string {
  if (target === null) return '';
  const mark = isTargetMet === null ? '?' : isTargetMet ? '✓' : '✗';
  return 'ratioMin' in target ? `≥ ${target.ratioMin} ${mark}` : `≤ ${target.bytesMax / 1024} KB ${mark}`;
}

const count = (value: number | null) => (value === null ? '' : value.toLocaleString('en-GB'));
const percent = (share: number) => `${Math.round(share * 100)}%`;
const kilobytes = (bytes: number | null) => (bytes === null ? '' : (bytes / 1024).toFixed(1));
