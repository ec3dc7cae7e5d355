/** `rollout show`: one rollout and the devices of the states one asks about. */
import type { Client } from '@opencota/contract/http/client';
import { DELIVERY_STATES } from '@opencota/contract/http/delivery-states';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import { type Command, Option } from 'commander';
import { type ListOptions, listOptions, readList, wholeNumber } from '../options.ts';
import { sayCounters, sayState, tallyOf } from '../rollout-progress.ts';
import { action, examples } from '../shell.ts';
import { type Field, renderFields, renderTable, type TableLook } from '../table.ts';
import { sayTime } from '../text.ts';

const SHOWN = 20;
type State = keyof RolloutView['counters'];
type Delivery = Awaited<ReturnType<Client['rollouts']['listDeliveries']>>['items'][number];
/** Where one looks first. */
const TROUBLE_STATES = ['failed', 'reverted', 'timedOut', 'unreached'] as const satisfies State[];

export function addRolloutShow(rollout: Command): void {
  listOptions(rollout.command('show'), SHOWN)
    .description('show a rollout and its devices; those in trouble unless another state is asked for')
    .argument('<id>', 'its number', wholeNumber(1))
    .addOption(new Option('--state <state>', 'the devices in this state').choices(DELIVERY_STATES))
    .addHelpText('after', examples('rollout show 3', 'rollout show 3 --state pending --all'))
    .action(
      action<[number], ListOptions & { state?: State }>(async ({ out, connect }, [id], options) => {
        const client = await connect();
        const found = await client.rollouts.get(id);
        const state = options.state ?? TROUBLE_STATES.find((each) => found.counters[each] > 0);
        const none = { items: [], nextCursor: null };
        const list = (query: object) =>
          client.rollouts.listDeliveries(id, { ...query, ...(state && { state }) });
        const page = state === undefined ? none : await readList(list, options, SHOWN);
        out.print({ ...found, deliveries: page }, () => {
          const fields = renderFields(fieldsOf(found), out.look.style);
          return page.items.length === 0 ? fields : `${fields}\n\n${deliveryTable(page.items, out.look)}`;
        });
        if (page.nextCursor !== null) out.hint(`More: --all, or --cursor ${page.nextCursor}`);
        const { allowedActions } = found;
        const verbs = allowedActions.map((each) => (each === 'retry-failed' ? 'retry' : each));
        if (verbs.length > 0) out.hint(`It can: opencota rollout ${verbs.join('|')} ${id}`);
      }),
    );
}

function fieldsOf(rollout: RolloutView): Field[] {
  const { done, total } = tallyOf(rollout);
  return [
    ['rollout', rollout.id],
    ['product', rollout.productKey],
    ['version', `${rollout.version}, sha256 ${rollout.sha256}`],
    ['state', sayState(rollout)],
    ['outcome', rollout.outcome],
    ['reason', rollout.reason],
    ['done', `${done} of ${total} (${rollout.doneWhen} counts)`],
    ['devices', sayCounters(rollout, (_kind, text) => text)],
    ['started', `${sayTime(rollout.createdAt)} by ${rollout.createdBy}`],
    ['ended', rollout.endedAt === null ? undefined : sayTime(rollout.endedAt)],
    ['deadline', sayTime(rollout.deadlineAt)],
    ['note', rollout.note],
  ];
}

function deliveryTable(deliveries: readonly Delivery[], look: TableLook): string {
  return renderTable(
    [
      { title: 'DEVICE', value: (item) => item.deviceName },
      { title: 'STATE', value: (item) => item.state },
      { title: 'ATTEMPT', value: (item) => item.attempt, align: 'right' },
      { title: 'SENT', value: (item) => sayTime(item.sentAt) },
      { title: 'ENDED', value: (item) => sayTime(item.endedAt) },
      { title: 'CODE', value: (item) => item.code ?? '', align: 'right' },
      { title: 'SAID', value: (item) => item.message ?? '' },
    ],
    deliveries,
    look,
  );
}
