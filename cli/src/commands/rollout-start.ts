/** `rollout start`: shows what a push would do, asks, passes the second factor, starts, and watches when asked to. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import { wholeNumber, yesOption } from '../options.ts';
import { confirmPush } from '../push-preview.ts';
import { action, examples } from '../shell.ts';
import { channelOption, codeOption, pushWithStepUp, type StepUpOptions } from '../step-up.ts';
import { count } from '../text.ts';
import { watchRollout } from '../watch-rollout.ts';

type Options = StepUpOptions & {
  version?: number;
  note?: string;
  deadlineSeconds?: number;
  attemptTimeoutSeconds?: number;
  yes?: boolean;
  watch?: boolean;
  timeout?: number;
};

export function addRolloutStart(rollout: Command): void {
  rollout
    .command('start')
    .description('push a version to all devices of a product, after showing what that would do')
    .argument('<product>', 'its productKey')
    .option('--version <n>', 'the version (default: the latest)', wholeNumber(1))
    .option('-m, --note <text>', 'why')
    .option('--deadline-seconds <n>', 'how long offline devices are waited for', wholeNumber(1, 7_776_000))
    .option('--attempt-timeout-seconds <n>', 'patience per attempt', wholeNumber(1, 3_600))
    .addOption(yesOption())
    .addOption(codeOption())
    .addOption(channelOption())
    .option('--watch', 'watch it to its end; exit code 7 when it does not succeed')
    .option('--timeout <seconds>', 'with --watch: stop watching after this time', wholeNumber(1))
    .addHelpText(
      'after',
      examples(
        'rollout start a1Lock',
        'rollout start a1Lock --version 3 --yes --watch',
        'rollout start a1Lock --yes --code-stdin < code.txt',
      ),
    )
    .action(
      action<[string], Options>(async (shell, [productKey], options) => {
        const { out } = shell;
        const client = await shell.connect();
        const version = options.version ?? (await latestVersion(client, productKey));
        await confirmPush(shell, client, {
          productKey,
          version,
          title: `Push version ${version}`,
          isYes: options.yes,
        });
        const { note = '', deadlineSeconds, attemptTimeoutSeconds } = options;
        const push = {
          version,
          note,
          ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
          ...(attemptTimeoutSeconds === undefined ? {} : { attemptTimeoutSeconds }),
          // The same push, however often it is sent.
          idempotencyKey: randomUUID(),
        };
        const start = () => client.rollouts.create(productKey, push);
        const started = await pushWithStepUp(shell, client, { productKey, version }, options, start);
        out.print(
          started,
          () =>
            `Rollout ${started.id} started: version ${version} to ${count(started.deviceTotal, 'device')}.`,
        );
        if (options.watch)
          return watchRollout(shell, client, started.id, { timeoutSeconds: options.timeout });
        out.hint(`Watch it: opencota rollout watch ${started.id}`);
        return EXIT.ok;
      }),
    );
}

async function latestVersion(client: Client, productKey: string): Promise<number> {
  const product = await client.products.get(productKey);
  if (product.latestVersion > 0) return product.latestVersion;
  throw new CommandError(`${productKey} has no version yet.`, {
    code: 'version-not-found',
    exit: EXIT.notFound,
    hint: `Write and save one: opencota config edit ${productKey} --save`,
  });
}
