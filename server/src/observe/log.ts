/**
 * The log on standard output: one JSON object a line, and on a terminal the same as text. Secrets are masked
 * by name wherever they appear.
 */
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

export function createLog(level: string, isTerminal: boolean): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: MASKED.flatMap((name) => [name, `*.${name}`]), censor: '********' },
  };
  return isTerminal ? pino(options, terminal) : pino(options);
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
