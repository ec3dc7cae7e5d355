/**
 * `rollout back`: an old content becomes a new version and is pushed, through the same gates as any other push.
 *
 * The gates are looked at first, so that a push that would be refused leaves no version behind. When one shuts
 * all the same, the new version is there and the refusal says so.
 */
import { randomUUID } from 'node:crypto';
import { ApiProblem, type Client } from '@opencota/contract/http/client';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { Command } from 'commander';
import { CommandError, EXIT } from '../exit.ts';
import { wholeNumber, yesOption } from '../options.ts';
import { confirmPush } from '../push-preview.ts';
import { action, examples, type Shell } from '../shell.ts';
import { channelOption, codeOption, pushWithStepUp, type StepUpOptions } from '../step-up.ts';
import { count } from '../text.ts';
import { watchRollout } from '../watch-rollout.ts';

type Options = StepUpOptions & {
  to: number;
  note?: string;
  yes?: boolean;
  watch?: boolean;
  timeout?: number;
};
type RolledBack = Awaited<ReturnType<Client['rollouts']['rollBack']>>;

export function addRolloutBack(rollout: Command): void {
  rollout
    .command('back')
    .description('roll back now: save an old content as a new version and push it')
    .argument('<product>', 'its productKey')
    .requiredOption('--to <n>', 'the version whose content comes back', wholeNumber(1))
    .option('-m, --note <text>', 'why')
    .addOption(yesOption())
    .addOption(codeOption())
    .addOption(channelOption())
    .option('--watch', 'watch it to its end; exit code 7 when it does not succeed')
    .option('--timeout <seconds>', 'with --watch: stop watching after this time', wholeNumber(1))
    .addHelpText('after', examples('rollout back a1Lock --to 3', 'rollout back a1Lock --to 3 --yes --watch'))
    .action(
      action<[string], Options>(async (shell, [productKey], options) => {
        const { out } = shell;
        const client = await shell.connect();
        const title = `Back to version ${options.to}`;
        await confirmPush(shell, client, { productKey, version: options.to, title, isYes: options.yes });
        const body = { toVersion: options.to, ...(options.note === undefined ? {} : { note: options.note }) };
        const saved = await client.rollouts.rollBack(productKey, { ...body, idempotencyKey: randomUUID() });
        const version = saved.version.number;
        const started = saved.rollout ?? (await pushSaved(shell, client, productKey, saved, options));
        out.print(
          { version: saved.version, rollout: started },
          () =>
            `Version ${version} has the content of version ${options.to}. Rollout ${started.id} started, to ${count(started.deviceTotal, 'device')}.`,
        );
        if (options.watch)
          return watchRollout(shell, client, started.id, { timeoutSeconds: options.timeout });
        out.hint(`Watch it: opencota rollout watch ${started.id}`);
        return EXIT.ok;
      }),
    );
}

/** The version is there; a gate refused its push. The one gate that can be passed here is the second factor. */
async function pushSaved(
  shell: Shell,
  client: Client,
  productKey: string,
  { version: { number: version, note }, refusal }: RolledBack,
  options: Options,
): Promise<RolloutView> {
  shell.out.say(`Saved version ${version}, with the content of version ${options.to}.`);
  if (refusal !== undefined && refusal.code !== 'step-up-required') {
    const { code, detail, ...members } = refusal;
    throw new CommandError(detail, { code, exit: EXIT.gate, ...pushLater(productKey, version), members });
  }
  const idempotencyKey = randomUUID();
  try {
    const push = () => client.rollouts.create(productKey, { version, note, idempotencyKey });
    return await pushWithStepUp(shell, client, { productKey, version }, options, push);
  } catch (error) {
    if (error instanceof ApiProblem) shell.out.hint(pushLater(productKey, version).hint);
    throw error;
  }
}

const pushLater = (productKey: string, version: number) => ({
  hint: `The version is saved. Push it later: opencota rollout start ${productKey} --version ${version}`,
});
