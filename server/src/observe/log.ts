/**
 * The log on standard output: one JSON object a line, and on a terminal the same as text. Secrets are masked
 * by name wherever they appear.
 */
import { once } from 'node:events';
import { type DestinationStream, type Logger, pino } from 'pino';

const MASKED = [
  'password',
  'deviceSecret',
  'productSecret',
  'deviceToken',
  'token',
  'secret',
  'authorization',
  'cookie',
];

const STDOUT = 1;
/** The log is written behind the server's back; nobody waits longer than this for somebody who does not read it. */
const PRINT_WITHIN_MS = 1_000;

export type Log = {
  log: Logger;
  /**
   * Words for a person, in the log whatever its level: without them nobody could sign in or push. Resolves when
   * they are out.
   */
  print(line: string): Promise<void>;
};

/** `output`: a descriptor or, in tests, a path. */
export function createLog(level: string, isTerminal: boolean, output: number | string = STDOUT): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: MASKED.flatMap((name) => [name, `*.${name}`]), censor: '********' },
  };
  if (isTerminal) return toLog(pino(options, terminal), async () => undefined);
  const destination = pino.destination({ dest: output, sync: false });
  return toLog(pino(options, destination), async () => {
    // Nobody reads it, or it is gone: the server goes on.
    await once(destination, 'drain', { signal: AbortSignal.timeout(PRINT_WITHIN_MS) }).catch(() => undefined);
  });
}

function toLog(log: Logger, drained: () => Promise<void>): Log {
  const always = log.child({}, { level: 'warn' });
  return {
    log,
    async print(line) {
      const out = drained();
      always.warn(line);
      await out;
    },
  };
}

/** `12:03:44 warn  message  name=value …` for whoever sits in front of it. */
const terminal: DestinationStream = {
  write(line) {
    // Written by pino just now.
    const { level, time, msg = '', ...rest } = JSON.parse(line) as Record<string, unknown>;
    const details = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const clock = new Date(String(time)).toLocaleTimeString('en-GB');
    process.stdout.write(`${[clock, String(level).padEnd(5), msg, ...details].join(' ')}\n`);
  },
};
