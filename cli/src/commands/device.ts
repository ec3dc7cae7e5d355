/** `device create|list|show|enable|disable|remove|rotate-secret`. */
import type { Client } from '@opencota/contract/http/client';
import { type Command, Option } from 'commander';
import { collect, type ListOptions, listOptions, readList, wholeNumber, yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { action, examples } from '../shell.ts';
import { type Field, renderFields, renderTable, type TableLook } from '../table.ts';
import { sayTime } from '../text.ts';

const SHOWN = 50;
const DELIVERIES_SHOWN = 5;
type Detail = Awaited<ReturnType<Client['devices']['get']>>;
type Delivery = Awaited<ReturnType<Client['devices']['listDeliveries']>>['items'][number];

export function addDeviceCommands(device: Command): void {
  addCreate(device);
  addList(device);
  addShow(device);
  addAllowed(device, 'enable');
  addAllowed(device, 'disable');
  addRotate(device);
  addRemove(device);
}

const named = (device: Command, verb: string) =>
  device.command(verb).argument('<product>', 'its productKey').argument('<device>', 'its deviceName');

function addCreate(device: Command): void {
  named(device, 'create')
    .description('register a device; its secret is shown once')
    .option('--tag <tag>', 'a label such as beta or floor=3; may be repeated', collect)
    .option('--secret <deviceSecret>', 'the secret that a fielded device has already')
    .addHelpText('after', examples('device create a1Lock lock-01 --tag floor=3'))
    .action(
      action<[string, string], { tag?: string[]; secret?: string }>(
        async ({ out, connect }, [productKey, deviceName], { tag = [], secret }) => {
          const given = secret === undefined ? {} : { deviceSecret: secret };
          const made = await (await connect()).devices.create(productKey, {
            deviceName,
            tags: tag,
            ...given,
          });
          const fields: Field[] = [
            ['productKey', productKey],
            ['deviceName', made.deviceName],
            ['deviceSecret', made.deviceSecret],
          ];
          out.print(made, () => renderFields(fields, out.look.style));
          out.say('The secret is not shown again.');
        },
      ),
    );
}

type Filter = { search?: string; tag?: string; online?: boolean; offline?: boolean; version?: number };

function addList(device: Command): void {
  listOptions(device.command('list'), SHOWN)
    .description('list devices, by name')
    .argument('<product>', 'its productKey')
    .option('--search <text>', 'the name starts with this')
    .option('--tag <tag>', 'they have this tag')
    .option('--online', 'they are online')
    .addOption(new Option('--offline', 'they are not').conflicts('online'))
    .option('--version <n>', 'the version they downloaded last; 0: none', wholeNumber(0))
    .addHelpText('after', examples('device list a1Lock --online --version 3'))
    .action(
      action<[string], ListOptions & Filter>(async ({ out, connect }, [productKey], options) => {
        const client = await connect();
        const { search, tag, online, offline, version } = options;
        const filter = {
          ...(search === undefined ? {} : { search }),
          ...(tag === undefined ? {} : { tag }),
          ...(online ? { online: 'true' as const } : offline ? { online: 'false' as const } : {}),
          ...(version === undefined ? {} : { version: String(version) }),
        };
        const list = (query: object) => client.devices.list(productKey, { ...filter, ...query });
        const page = await readList(list, options, SHOWN);
        if (page.items.length === 0) out.say(sayNone(productKey, Object.keys(filter).length > 0));
        if (page.items.length === 0 && !out.isJson) return;
        out.print(page, () => deviceTable(page.items, out.look));
        if (page.nextCursor !== null) out.hint(`More: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}

function sayNone(productKey: string, isFiltered: boolean): string {
  if (isFiltered) return 'No device is like that.';
  return `There are no devices yet. Register one: opencota device create ${productKey} <deviceName>`;
}

const sayVersion = (version: number) => (version === 0 ? '–' : String(version));

function deviceTable(
  devices: Awaited<ReturnType<Client['devices']['list']>>['items'],
  look: TableLook,
): string {
  return renderTable(
    [
      { title: 'DEVICE', value: (item) => item.deviceName },
      {
        title: 'STATE',
        value: (item) => (item.enabled ? (item.online ? 'online' : 'offline') : 'disabled'),
        paint: (cell, item) => look.style(item.online ? 'green' : 'dim', cell),
      },
      { title: 'SEEN', value: (item) => sayTime(item.lastSeenAt) },
      { title: 'DOWNLOADED', value: (item) => sayVersion(item.downloadedVersion), align: 'right' },
      { title: 'CONFIRMED', value: (item) => sayVersion(item.confirmedVersion), align: 'right' },
      { title: 'TAGS', value: (item) => item.tags.join(', ') },
      { title: 'LAST ERROR', value: ({ lastError }) => (lastError === null ? '' : lastError.message) },
    ],
    devices,
    look,
  );
}

function addShow(device: Command): void {
  named(device, 'show')
    .description('show a device and its latest deliveries')
    .addHelpText('after', examples('device show a1Lock lock-01'))
    .action(
      action<[string, string]>(async ({ out, connect }, [productKey, deviceName]) => {
        const client = await connect();
        const found = await client.devices.get(productKey, deviceName);
        const { items } = await client.devices.listDeliveries(productKey, deviceName, {
          limit: DELIVERIES_SHOWN,
        });
        out.print({ ...found, deliveries: items }, () => {
          const fields = renderFields(fieldsOf(found), out.look.style);
          return items.length === 0 ? fields : `${fields}\n\n${deliveryTable(items, out.look)}`;
        });
      }),
    );
}

function fieldsOf(device: Detail): Field[] {
  const { lastError } = device;
  const at = (version: number, time: string | null) =>
    version === 0 ? 'none' : `version ${version}, ${sayTime(time)}`;
  return [
    ['device', `${device.productKey}/${device.deviceName}`],
    ['state', `${device.online ? 'online' : 'offline'}${device.enabled ? '' : ', disabled'}`],
    ['seen', sayTime(device.lastSeenAt)],
    ['should run', sayVersion(device.wantedVersion)],
    ['downloaded', at(device.downloadedVersion, device.downloadedAt)],
    ['confirmed', at(device.confirmedVersion, device.confirmedAt)],
    [
      'last error',
      lastError === null
        ? undefined
        : `version ${lastError.version}, code ${lastError.code}, ${sayTime(lastError.at)}: ${lastError.message}`,
    ],
    ['tags', device.tags.join(', ')],
    ['created', sayTime(device.createdAt)],
  ];
}

function deliveryTable(deliveries: readonly Delivery[], look: TableLook): string {
  return renderTable(
    [
      { title: 'ROLLOUT', value: (item) => item.rolloutId, align: 'right' },
      { title: 'VERSION', value: (item) => item.version, align: 'right' },
      { title: 'STATE', value: (item) => item.state },
      { title: 'ATTEMPT', value: (item) => item.attempt, align: 'right' },
      { title: 'SENT', value: (item) => sayTime(item.sentAt) },
      { title: 'ENDED', value: (item) => sayTime(item.endedAt) },
      { title: 'SAID', value: (item) => item.message ?? '' },
    ],
    deliveries,
    look,
  );
}

function addAllowed(device: Command, verb: 'enable' | 'disable'): void {
  const isOn = verb === 'enable';
  named(device, verb)
    .description(
      isOn ? 'let a device connect again' : 'refuse a device: it is disconnected and its links die',
    )
    .addHelpText('after', examples(`device ${verb} a1Lock lock-01`))
    .action(
      action<[string, string]>(async ({ out, connect }, [productKey, deviceName]) => {
        const changed = await (await connect()).devices.update(productKey, deviceName, { enabled: isOn });
        out.print(changed, () => `${productKey}/${deviceName} is ${isOn ? 'enabled' : 'disabled'}.`);
      }),
    );
}

function addRotate(device: Command): void {
  named(device, 'rotate-secret')
    .description('make a new secret, shown once; the old one stays good for a day')
    .option('--immediate', 'the old one dies at once and the device is disconnected')
    .addOption(yesOption())
    .addHelpText('after', examples('device rotate-secret a1Lock lock-01'))
    .action(
      action<[string, string], { immediate?: boolean; yes?: boolean }>(
        async ({ out, prompt, connect }, [productKey, deviceName], { immediate = false, yes }) => {
          const client = await connect();
          if (immediate) await demandYes(prompt, `Cut off ${deviceName} until it has the new secret?`, yes);
          const made = await client.devices.rotateSecret(productKey, deviceName, { immediate });
          out.print({ productKey, deviceName, ...made }, () =>
            renderFields([['deviceSecret', made.deviceSecret]], out.look.style),
          );
          out.say('The secret is not shown again.');
        },
      ),
    );
}

function addRemove(device: Command): void {
  named(device, 'remove')
    .description('remove a device; it can connect no more')
    .addOption(yesOption())
    .addHelpText('after', examples('device remove a1Lock lock-01 --yes'))
    .action(
      action<[string, string], { yes?: boolean }>(
        async ({ out, prompt, connect }, [productKey, deviceName], { yes }) => {
          const client = await connect();
          await demandYes(prompt, `Remove ${productKey}/${deviceName}?`, yes);
          await client.devices.remove(productKey, deviceName);
          out.print({ removed: { productKey, deviceName } }, () => `Removed ${productKey}/${deviceName}.`);
        },
      ),
    );
}
