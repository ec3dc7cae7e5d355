/**
 * What a push would do, before anybody says yes: how many devices, what changes for them, which gate is shut.
 *
 * A shut gate ends the command here. Going on without the question would push unconfirmed when the gate
 * opens in the moment between.
 */
import type { Client } from '@opencota/contract/http/client';
import { sayChanges } from './changes.ts';
import { CommandError, EXIT } from './exit.ts';
import { demandYes } from './prompt.ts';
import type { Shell } from './shell.ts';
import { clean, count, sayBytes, sayTime } from './text.ts';

type Preview = Awaited<ReturnType<Client['rollouts']['preview']>>;
const CHANGES_SHOWN = 12;

export type Push = {
  productKey: string;
  /** The version whose content is pushed. */
  version: number;
  /** How the push is called, such as `Push version 3`. */
  title: string;
  isYes: boolean | undefined;
};

export async function confirmPush(shell: Shell, client: Client, push: Push): Promise<void> {
  const { productKey, version, title, isYes } = push;
  const [product, preview] = await Promise.all([
    client.products.get(productKey),
    client.rollouts.preview(productKey, version),
  ]);
  demandOpenGates(productKey, preview);
  shell.out.say(describe(`${title} of ${productKey} (${clean(product.name)})`, preview, shell));
  const base = product.rolledOutVersion;
  if (base > 0 && base !== version) {
    const diff = await client.versions.diff(productKey, { from: base, to: version }).catch(() => undefined);
    const style = shell.out.talkStyle;
    if (diff !== undefined) {
      const changes = sayChanges(diff, style, CHANGES_SHOWN).split('\n');
      shell.out.say(
        [
          `  changes since version ${base}, which was pushed last:`,
          ...changes.map((line) => `    ${line}`),
        ].join('\n'),
      );
    }
  } else
    shell.out.say(base === 0 ? '  the first push of this product' : '  the same version as the last push');
  await demandYes(shell.prompt, `Push to ${count(preview.devices.total, 'device')}?`, isYes);
}

function describe(title: string, { version, devices }: Preview, { out }: Shell): string {
  const { total, online, offline, alreadyOnVersion } = devices;
  const note = version.note === '' ? '' : `: ${clean(version.note)}`;
  const already = alreadyOnVersion === 0 ? 'none' : String(alreadyOnVersion);
  return [
    out.talkStyle('bold', title),
    `  ${sayBytes(version.size)}, saved ${sayTime(version.createdAt)} by ${clean(version.author)}${note}`,
    `  ${count(total, 'device')}: ${online} online, ${offline} offline (they get it when they connect)`,
    `  already on this version: ${already}`,
  ].join('\n');
}

function demandOpenGates(productKey: string, { enabled, nextAllowedAt }: Preview): void {
  if (!enabled)
    throw new CommandError(`Remote configuration of ${productKey} is off.`, {
      code: 'switch-off',
      exit: EXIT.gate,
      hint: `Turn the switch on: opencota product enable ${productKey}`,
      members: { productKey },
    });
  if (nextAllowedAt !== null)
    throw new CommandError(
      `${productKey} was pushed to a short time ago. The next push is allowed ${sayTime(nextAllowedAt)} (${nextAllowedAt}).`,
      {
        code: 'cool-down',
        exit: EXIT.gate,
        hint: `See the last one: opencota rollout list ${productKey} --limit 1`,
        members: { productKey, nextAllowedAt },
      },
    );
}
