/** `doctor`: looks at what may be wrong, and says what it did not look at. */
import { ApiUnreachable } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { getTarget, openClient } from '../client.ts';
import type { MqttAddress } from '../device-probe.ts';
import {
  type Check,
  checkContextsFile,
  checkFacts,
  checkMqttPort,
  checkServer,
  checkSignIn,
  LINK_SKIPPED,
  selfTest,
} from '../diagnosis.ts';
import { EXIT, type ExitCode, usageError } from '../exit.ts';
import { findMqttAddress } from '../mqtt-address.ts';
import { action, examples, type Shell } from '../shell.ts';
import type { Style } from '../table.ts';
import { clean, padTo } from '../text.ts';

type Options = { mqtt?: string; selfTest?: string };
const MQTT_PORT = 1883;
const MQTTS_PORT = 8883;
const MARKS = {
  ok: ['green', 'ok'],
  warning: ['yellow', 'warning'],
  failed: ['red', 'failed'],
  skipped: ['dim', 'skipped'],
} as const;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check address, clocks, sign-in, public URL, disk and ports; changes nothing without --self-test',
    )
    .option(
      '--mqtt <address>',
      'MQTT of the server, such as mqtts://cota.example.com (default: the same host, and the port that the server names)',
    )
    .option('--self-test <product>', 'also register a device, ask and download as it does, and remove it')
    .addHelpText('after', examples('doctor', 'doctor --self-test a1Lock'))
    .action(
      action<[], Options>(async (shell, _args, options) => {
        const checks: Check[] = [];
        const exit = await examine(shell, options, (check) => {
          checks.push(check);
          if (!shell.out.isJson) shell.out.print(check, () => lineOf(check, shell.out.look.style));
        });
        if (shell.out.isJson) shell.out.print({ checks }, () => '');
        return exit;
      }),
    );
}

function lineOf({ name, state, said }: Check, style: Style): string {
  const [colour, word] = MARKS[state];
  return `${style(colour, padTo(word, 8))} ${padTo(name, 14)} ${clean(said)}`;
}

async function examine(
  { globals, environment }: Shell,
  { mqtt, selfTest: productKey }: Options,
  tell: (check: Check) => void,
): Promise<ExitCode> {
  let worst: ExitCode = EXIT.ok;
  const note = (check: Check) => {
    if (check.state === 'failed') worst = EXIT.failed;
    tell(check);
  };
  note(await checkContextsFile(environment));
  const { url, token, origin } = await getTarget(globals, environment);
  note({ name: 'address', state: 'ok', said: `${url}, from ${origin}` });
  const client = openClient(url, token);
  const address = readMqttAddress(mqtt ?? (await findMqttAddress(client, url)), url);
  let isReached = true;
  try {
    for (const check of await checkServer(client)) note(check);
    const signIn = await checkSignIn(client, token !== undefined);
    note(signIn);
    for (const check of await checkFacts(client, signIn.state === 'ok')) note(check);
  } catch (error) {
    if (!(error instanceof ApiUnreachable)) throw error;
    isReached = false;
    note({ name: 'server', state: 'failed', said: `${url} cannot be reached: ${error.message}` });
    note({ name: 'sign-in', state: 'skipped', said: 'the server was not reached' });
  }
  note(await checkMqttPort(address));
  if (productKey === undefined || !isReached) note(LINK_SKIPPED);
  else for (const check of await selfTest(client, address, productKey)) note(check);
  return isReached ? worst : EXIT.unreachable;
}

function readMqttAddress(text: string | undefined, serverUrl: string): MqttAddress {
  const given = text ?? new URL(serverUrl).hostname;
  const address = /^[a-z]+:\/\//.test(given) ? given : `mqtt://${given}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['mqtt:', 'mqtts:'].includes(url.protocol))
    throw usageError(`--mqtt must be like mqtt://host:1883 or mqtts://host:8883, not "${given}".`);
  const isTls = url.protocol === 'mqtts:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(url.port) || (isTls ? MQTTS_PORT : MQTT_PORT), isTls };
}
