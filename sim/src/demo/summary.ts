/** The end of the demo in words: what became of every device, and where to look next. */
import type { Outcome, Role, Summary } from './scenario.ts';
import { ROLES } from './scenario.ts';
import { pad, padStart, type Terminal, widthOf, wrap } from './terminal.ts';
import type { Texts } from './texts.ts';
import { STATE_LOOKS } from './view.ts';

const MARGIN = '  ';
const COLUMNS_MAX = 100;
/** Devices of one kind that are named; of a large fleet the others are only counted. */
const NAMED_MAX = 3;
const WRONG_MAX = 20;

type Named = [deviceName: string, outcome: Outcome];

export function summaryLines(terminal: Terminal, texts: Texts, summary: Summary): string[] {
  const { paint } = terminal;
  const all = Object.entries(summary.outcomes);
  const asExpected = all.filter(([, { state, expected }]) => state === expected);
  const wrong = all.filter(([, { state, expected }]) => state !== expected);
  const first = summary.secondsToFirstConfirmed;
  const times = [
    first === null ? texts.neverConfirmed : texts.firstConfirmed(first.toFixed(1)),
    texts.allDone(summary.seconds.toFixed(1)),
  ];
  return [
    '',
    ...tableLines(terminal, texts, asExpected, wrong),
    '',
    ...exceptionLines(terminal, texts, asExpected),
    '',
    `${MARGIN}${times.join(' · ')}`,
    ...(summary.ok
      ? [`${MARGIN}${paint('green', '✓')} ${texts.asExpected}`]
      : [`${MARGIN}${paint('red', '✗')} ${texts.notAsExpected}`, ...wrongLines(terminal, texts, wrong)]),
    '',
  ];
}

function tableLines(
  { paint }: Terminal,
  texts: Texts,
  asExpected: readonly Named[],
  wrong: readonly Named[],
): string[] {
  const outcomeWidth = Math.max(widthOf(texts.outcome), ...Object.values(texts.states).map(widthOf)) + 4;
  const countWidth = widthOf(texts.devices);
  const row = (outcome: string, count: string, meaning: string) =>
    `${MARGIN}${pad(outcome, outcomeWidth)}${padStart(count, countWidth)}   ${meaning}`;
  const rows = ROLES.flatMap((role) => {
    const of = asExpected.filter(([, outcome]) => outcome.role === role);
    const state = of[0]?.[1].expected;
    if (state === undefined) return [];
    const { sign, colour } = STATE_LOOKS[state];
    return [row(`${paint(colour, sign)} ${texts.states[state]}`, String(of.length), texts.meanings[role])];
  });
  if (wrong.length > 0) rows.push(row(paint('red', '✗'), String(wrong.length), paint('red', texts.others)));
  return [paint('dim', row(texts.outcome, texts.devices, texts.meaning)), ...rows];
}

/** Each device that is not simply "online and applied", in its own words where it has some. */
function exceptionLines(terminal: Terminal, texts: Texts, asExpected: readonly Named[]): string[] {
  return ROLES.filter((role) => role !== 'online').flatMap((role) => {
    const of = asExpected.filter(([, outcome]) => outcome.role === role);
    const named = of.slice(0, NAMED_MAX).flatMap((each) => deviceLines(terminal, texts, each));
    const rest = of.length - NAMED_MAX;
    return rest > 0 ? [...named, `${MARGIN}${terminal.paint('dim', texts.more(rest))}`] : named;
  });
}

function deviceLines({ columns, paint }: Terminal, texts: Texts, [name, outcome]: Named): string[] {
  const { sign, colour } = STATE_LOOKS[outcome.expected];
  const head = `${MARGIN}${paint(colour, sign)} ${name}  `;
  const code = outcome.code === null ? '' : `${outcome.code} `;
  const width = Math.min(columns, COLUMNS_MAX) - widthOf(head) - 2;
  const [first = '', ...rest] = wrap(`${code}${wordsOf(texts, outcome)}`, width);
  return [`${head}${first}`, ...rest.map((line) => `${' '.repeat(widthOf(head))}${line}`)];
}

function wordsOf(texts: Texts, { role, message }: Outcome): string {
  if (message !== null && message !== '') return texts.says(message);
  const words: Readonly<Record<Role, string>> = {
    online: '',
    late: texts.lateSays,
    refusing: '',
    linkSdk: texts.linkSdkSays,
  };
  return words[role];
}

function wrongLines({ paint }: Terminal, texts: Texts, wrong: readonly Named[]): string[] {
  const lines = wrong.slice(0, WRONG_MAX).map(([name, { expected, state, message }]) => {
    const found = state === null ? texts.missing : texts.states[state];
    const words = message === null ? '' : ` ${texts.says(message)}`;
    return `${MARGIN}${MARGIN}${paint('red', name)}  ${texts.expected(texts.states[expected], found)}${words}`;
  });
  const rest = wrong.length - WRONG_MAX;
  return rest > 0 ? [...lines, `${MARGIN}${MARGIN}${texts.others}: +${rest}`] : lines;
}

export type Places = {
  url: string;
  rolloutId: number;
  account: { username: string; password: string; token: string };
  dataDir: string;
};

export function placesLines({ paint }: Terminal, texts: Texts, places: Places): string[] {
  const { url, rolloutId, account, dataDir } = places;
  const rows: [string, string][] = [
    [texts.reference, `${url}/docs`],
    [texts.account, `${account.username} / ${account.password}`],
    [texts.data, dataDir],
    [
      texts.rollout,
      `curl -s ${url}/api/v1/rollouts/${rolloutId} -H 'authorization: Bearer ${account.token}'`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => widthOf(name))) + 2;
  return [
    `${MARGIN}${paint('bold', texts.where)}`,
    ...rows.map(([name, value]) => `${MARGIN}${paint('dim', pad(name, width))}${value}`),
    '',
    `${MARGIN}${paint('dim', texts.stop)}`,
  ];
}
