/** `rollout pause|resume|cancel|retry`: what may be done with a rollout that is there. None of them is a new push. */
import type { RolloutAction } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { wholeNumber, yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { sayCounters, sayState } from '../rollout-progress.ts';
import { action, examples } from '../shell.ts';
import { clean } from '../text.ts';

type Verb = { name: string; action: RolloutAction; description: string; question?: (id: number) => string };

const VERBS: readonly Verb[] = [
  { name: 'pause', action: 'pause', description: 'hand out nothing more for now' },
  { name: 'resume', action: 'resume', description: 'go on with a paused rollout' },
  {
    name: 'cancel',
    action: 'cancel',
    description: 'end it; devices that have it keep it, the others do not get it',
    question: (id) => `Cancel rollout ${id}? It cannot be taken up again.`,
  },
  { name: 'retry', action: 'retry-failed', description: 'try the devices again on which it did not succeed' },
];

export function addRolloutAct(rollout: Command): void {
  for (const verb of VERBS) addVerb(rollout, verb);
}

function addVerb(rollout: Command, { name, action: act, description, question }: Verb): void {
  const command = rollout
    .command(name)
    .description(description)
    .argument('<id>', 'its number', wholeNumber(1));
  if (question !== undefined) command.addOption(yesOption());
  command.addHelpText('after', examples(`rollout ${name} 3`)).action(
    action<[number], { yes?: boolean }>(async ({ out, prompt, connect }, [id], { yes }) => {
      const client = await connect();
      if (question !== undefined) await demandYes(prompt, question(id), yes);
      const changed = await client.rollouts.act(id, act);
      out.print(
        changed,
        () =>
          `Rollout ${id} is ${sayState(changed)}: ${clean(changed.reason)}. ${sayCounters(changed, out.look.style)}`,
      );
      if (act === 'resume' || act === 'retry-failed') out.hint(`Watch it: opencota rollout watch ${id}`);
    }),
  );
}
