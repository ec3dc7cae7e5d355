/**
 * A thermostat that takes its set points from remote configuration.
 *
 * Run it against a server on this machine:
 *
 *   npm run example -- localhost <productKey> <deviceName> <deviceSecret>
 *
 * It shows the three things an application has to do: check the content before using it (to throw is
 * to refuse it, and the last good configuration comes back), apply it in one step, and close.
 */
import { createDevice, type DeviceError } from '@opencota/device';

type SetPoints = { dayCelsius: number; nightCelsius: number };

const [host, productKey, deviceName, deviceSecret] = process.argv.slice(2);
if (!host || !productKey || !deviceName || !deviceSecret) {
  console.error('usage: thermostat.ts <host> <productKey> <deviceName> <deviceSecret>');
  process.exit(2);
}

let setPoints: SetPoints = { dayCelsius: 20, nightCelsius: 16 };

const device = createDevice({
  host,
  productKey,
  deviceName,
  deviceSecret,
  dir: `./thermostat-${deviceName}`,
  onError: (error: DeviceError) => console.error(`[${error.code}] ${error.message}`),
  onEvent: (event) => console.error(event),
}).onConfig((config, { reason }) => {
  setPoints = readSetPoints(config.json);
  console.log(`version ${config.version} (${reason}):`, setPoints);
});

process.once('SIGINT', () => device.close());
process.once('SIGTERM', () => device.close());

/** Refuses what would make the house too hot or too cold, whoever sent it. */
function readSetPoints(json: unknown): SetPoints {
  const heating = member(json, 'heating');
  return {
    dayCelsius: readCelsius(member(heating, 'dayCelsius'), 'dayCelsius'),
    nightCelsius: readCelsius(member(heating, 'nightCelsius'), 'nightCelsius'),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function readCelsius(value: unknown, name: string): number {
  if (typeof value !== 'number' || value < 5 || value > 30) throw new Error(`${name} must be from 5 to 30`);
  return value;
}
