/** `simulate`: a fleet of simulated devices, by the simulator's own program. */
import type { Command } from 'commander';
import { findMain, runMain } from '../child-process.ts';
import { connect, getTarget } from '../client.ts';
import { environmentOfSimulator } from '../environment.ts';
import { findMqttAddress } from '../mqtt-address.ts';
import { wholeNumber } from '../options.ts';
import { action, examples } from '../shell.ts';

const SIMULATOR = { packageName: '@opencota/sim', folder: 'sim', purpose: 'Simulating devices' } as const;
const DEVICES_MAX = 100_000;

type Options = {
  devices?: number;
  mix?: string;
  mqtt?: string;
  seed?: number;
  prefix?: string;
  seconds?: number;
};

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('register simulated devices, connect them, and say how they are doing; Ctrl+C ends it')
    .argument('<product>', 'their productKey')
    .option('--devices <n>', 'how many (default: 100)', wholeNumber(1, DEVICES_MAX))
    .option('--mix <shares>', 'such as good=0.9,silent=0.05,failing=0.05')
    .option(
      '--mqtt <address>',
      'MQTT of the server (default: the same host, and the port that the server names)',
    )
    .option('--seed <n>', 'the same seed gives the same fleet', wholeNumber(0))
    .option('--prefix <text>', 'what device names begin with')
    .option('--seconds <n>', 'end after this time', wholeNumber(1, 86_400))
    .addHelpText('after', examples('simulate a1Lock --devices 50 --mix good=0.8,offline=0.1,failing=0.1'))
    .action(
      action<[string], Options>(async ({ out, globals, environment }, [productKey], options) => {
        const main = findMain(SIMULATOR);
        const client = await connect(globals, environment);
        const { url, token = '' } = await getTarget(globals, environment);
        const mqtt = options.mqtt ?? (await findMqttAddress(client, url));
        const given = Object.entries(mqtt === undefined ? options : { ...options, mqtt }).filter(([name]) =>
          FORWARDED.has(name),
        );
        const args = given.flatMap(([name, value]) => [`--${name}`, String(value)]);
        if (out.isJson) args.push('--json');
        // The token goes through the environment: arguments can be read by everybody on the machine.
        const env = environmentOfSimulator(token);
        process.exitCode = await runMain(main, ['--url', url, '--product', productKey, ...args], env);
      }),
    );
}

const FORWARDED: ReadonlySet<string> = new Set(['devices', 'mix', 'mqtt', 'seed', 'prefix', 'seconds']);
