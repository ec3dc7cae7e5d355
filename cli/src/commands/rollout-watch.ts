/** `rollout watch`: progress to the end. */
import type { Command } from 'commander';
import { wholeNumber } from '../options.ts';
import { action, examples } from '../shell.ts';
import { watchRollout } from '../watch-rollout.ts';

export function addRolloutWatch(rollout: Command): void {
  rollout
    .command('watch')
    .description('watch a rollout to its end; exit code 7 when it does not succeed')
    .argument('<id>', 'its number', wholeNumber(1))
    .option(
      '--timeout <seconds>',
      'stop watching after this time (exit code 7); the rollout goes on',
      wholeNumber(1),
    )
    .addHelpText('after', examples('rollout watch 3', 'rollout watch 3 --json | jq .counters'))
    .action(
      action<[number], { timeout?: number }>(async (shell, [id], { timeout }) =>
        watchRollout(shell, await shell.connect(), id, { timeoutSeconds: timeout }),
      ),
    );
}
