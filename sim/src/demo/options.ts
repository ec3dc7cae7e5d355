/** The demo's command line. */
import { parseArgs } from 'node:util';
import { DEVICES_DEFAULT, DEVICES_MAX, DEVICES_MIN } from './scenario.ts';

export const USAGE = `npm run demo -- [options]

  --devices N      how many devices, ${DEVICES_MIN} to ${DEVICES_MAX} (default ${DEVICES_DEFAULT})
  --exit           end after the summary; the exit code says whether every device ended as expected
  --json           print the summary as one JSON object on the last line of stdout; talk goes to stderr
  --http-port N    port of the server's HTTP (default: 8080, or a free one)
  --mqtt-port N    port of its MQTT (default: 1883, or a free one); 0: any free one

Exit codes: 0 as expected, 1 not, or something failed, 2 wrong usage, 130 interrupted.`;

export type DemoOptions = {
  devices: number;
  isEnding: boolean;
  isJson: boolean;
  /** Undefined: the usual one when it is free, else any. */
  httpPort: number | undefined;
  mqttPort: number | undefined;
};

export class UsageError extends Error {}

export function readOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const port = (name: string, text: string | undefined) =>
    text === undefined ? undefined : wholeNumber(name, text, 0, 65_535);
  return {
    devices: wholeNumber('--devices', values.devices, DEVICES_MIN, DEVICES_MAX),
    isEnding: values.exit,
    isJson: values.json,
    httpPort: port('--http-port', values['http-port']),
    mqttPort: port('--mqtt-port', values['mqtt-port']),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        devices: { type: 'string', default: String(DEVICES_DEFAULT) },
        exit: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'http-port': { type: 'string' },
        'mqtt-port': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
  }
  return value;
}
