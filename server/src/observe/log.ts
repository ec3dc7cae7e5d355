/**
 * The log: one JSON object a line on standard output. Secrets are masked by name wherever they appear.
 */
import { type Logger, pino } from 'pino';

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

export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: MASKED.flatMap((name) => [name, `*.${name}`]), censor: '********' },
  });
}
