/** `product create|list|show|enable|disable|rotate-secret`. */
import type { Client } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { type ListOptions, listOptions, readList, yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { action, examples } from '../shell.ts';
import { type Field, renderFields, renderTable } from '../table.ts';
import { count, sayBytes, sayDuration, sayTime } from '../text.ts';

const SHOWN = 50;
type Detail = Awaited<ReturnType<Client['products']['get']>>;

export function addProductCommands(product: Command): void {
  addCreate(product);
  addList(product);
  addShow(product);
  addSwitch(product, 'enable');
  addSwitch(product, 'disable');
  addRotate(product);
}

function addCreate(product: Command): void {
  product
    .command('create')
    .description('create a product; its switch is off, its secret is shown once')
    .argument('<name>', 'for people, such as "smart lock"')
    .option('--key <productKey>', 'a productKey of your own, such as one that devices have already')
    .option('--secret <productSecret>', 'the secret that fielded devices know already')
    .addHelpText('after', examples('product create "smart lock"', 'product create "smart lock" --key a1Lock'))
    .action(
      action<[string], { key?: string; secret?: string }>(
        async ({ out, connect }, [name], { key, secret }) => {
          const client = await connect();
          const made = await client.products.create({
            name,
            ...(key === undefined ? {} : { productKey: key }),
            ...(secret === undefined ? {} : { productSecret: secret }),
          });
          const { productKey, productSecret } = made;
          out.print(made, () =>
            renderFields(
              [
                ['productKey', productKey],
                ['productSecret', productSecret],
              ],
              out.look.style,
            ),
          );
          out.say('The secret is not shown again.');
          out.hint(`Turn its switch on: opencota product enable ${productKey}`);
        },
      ),
    );
}

function addList(product: Command): void {
  listOptions(product.command('list'), SHOWN)
    .description('list products')
    .addHelpText('after', examples('product list'))
    .action(
      action<[], ListOptions>(async ({ out, connect }, _args, options) => {
        const client = await connect();
        const page = await readList((query) => client.products.list(query), options, SHOWN);
        if (page.items.length === 0)
          out.say('There are no products yet. Create one: opencota product create <name>');
        if (page.items.length === 0 && !out.isJson) return;
        out.print(page, () =>
          renderTable(
            [
              { title: 'PRODUCT', value: (item) => item.productKey },
              { title: 'SWITCH', value: (item) => (item.enabled ? 'on' : 'off') },
              { title: 'DEVICES', value: (item) => item.deviceCount, align: 'right' },
              { title: 'ONLINE', value: (item) => item.onlineCount, align: 'right' },
              { title: 'SAVED', value: (item) => sayVersion(item.latestVersion), align: 'right' },
              { title: 'PUSHED', value: (item) => sayVersion(item.rolledOutVersion), align: 'right' },
              { title: 'NAME', value: (item) => item.name },
            ],
            page.items,
            out.look,
          ),
        );
        if (page.nextCursor !== null) out.hint(`More: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}

const sayVersion = (version: number) => (version === 0 ? '–' : String(version));

function addShow(product: Command): void {
  product
    .command('show')
    .description('show a product, its settings, and what its devices run')
    .argument('<product>', 'its productKey')
    .addHelpText('after', examples('product show a1Lock'))
    .action(
      action<[string]>(async ({ out, connect }, [productKey]) => {
        const found = await (await connect()).products.get(productKey);
        out.print(found, () => renderFields(fieldsOf(found), out.look.style));
        if (!found.enabled) out.hint(`Its switch is off: opencota product enable ${productKey}`);
        else if (found.latestVersion === 0)
          out.hint(`It has no version yet: opencota config edit ${productKey}`);
      }),
    );
}

function fieldsOf(product: Detail): Field[] {
  const usage = product.usage.map(
    ({ version, deviceCount }) => `${version === 0 ? 'none' : `version ${version}`}: ${deviceCount}`,
  );
  return [
    ['productKey', product.productKey],
    ['name', product.name],
    ['switch', product.enabled ? 'on' : 'off'],
    ['devices', `${product.deviceCount}, ${product.onlineCount} online`],
    ['devices run', usage.join(', ')],
    ['saved version', sayVersion(product.latestVersion)],
    ['pushed version', sayVersion(product.rolledOutVersion)],
    ['done when', product.doneWhen],
    ['cool-down', sayDuration(product.coolDownSeconds)],
    ['deadline', sayDuration(product.deadlineSeconds)],
    ['attempt timeout', sayDuration(product.attemptTimeoutSeconds)],
    [
      'requests get',
      product.requestPolicy === 'saved' ? 'the latest saved version' : 'the latest pushed version',
    ],
    ['size limit', sayBytes(product.configBytesMax)],
    ['versions kept', product.retentionVersions ?? 'all'],
    ['registration', registrationOf(product)],
    ['strong sign', product.strongSignRequired ? 'required' : 'not required'],
    ['created', sayTime(product.createdAt)],
  ];
}

function registrationOf({ registrationAllowed, unknownDevicesAllowed }: Detail): string {
  if (!registrationAllowed) return 'by hand';
  return unknownDevicesAllowed ? 'by devices, also unknown ones' : 'by devices that were created before';
}

function addSwitch(product: Command, verb: 'enable' | 'disable'): void {
  const isOn = verb === 'enable';
  product
    .command(verb)
    .description(
      isOn
        ? 'turn remote configuration on; nothing is sent by that'
        : 'turn it off at once: pushes stop, requests are refused, links die',
    )
    .argument('<product>', 'its productKey')
    .addHelpText('after', examples(`product ${verb} a1Lock`))
    .action(
      action<[string]>(async ({ out, connect }, [productKey]) => {
        const changed = await (await connect()).products.update(productKey, { enabled: isOn });
        out.print(changed, () => `The switch of ${productKey} is ${isOn ? 'on' : 'off'}.`);
        if (isOn) out.hint('Paused rollouts stay paused: opencota rollout resume <id>');
      }),
    );
}

function addRotate(product: Command): void {
  product
    .command('rotate-secret')
    .description('make a new product secret, shown once; devices that register need it')
    .argument('<product>', 'its productKey')
    .addOption(yesOption())
    .addHelpText('after', examples('product rotate-secret a1Lock'))
    .action(
      action<[string], { yes?: boolean }>(async ({ out, prompt, connect }, [productKey], { yes }) => {
        const client = await connect();
        const { deviceCount } = await client.products.get(productKey);
        const question = `Replace the secret of ${productKey} (${count(deviceCount, 'device')})?`;
        await demandYes(prompt, question, yes);
        const made = await client.products.rotateSecret(productKey);
        out.print({ productKey, ...made }, () =>
          renderFields([['productSecret', made.productSecret]], out.look.style),
        );
        out.say('The secret is not shown again.');
      }),
    );
}
