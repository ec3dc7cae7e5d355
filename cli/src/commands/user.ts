/** `user create|list|update|remove|reset-password`. */
import type { Client } from '@opencota/contract/http/client';
import { type Command, Option } from 'commander';
import { usageError } from '../exit.ts';
import { readLines } from '../input.ts';
import { collect, type ListOptions, listOptions, readList, yesOption } from '../options.ts';
import { demandYes } from '../prompt.ts';
import { runServerCommand } from '../server-command.ts';
import { action, examples } from '../shell.ts';
import { type Field, renderFields, renderTable } from '../table.ts';
import { sayTime } from '../text.ts';

const SHOWN = 50;
const ROLES = ['viewer', 'editor', 'operator', 'admin'] as const;
type Role = (typeof ROLES)[number];
type Contact = { email?: string; phone?: string; language?: 'en' | 'zh' };
type Created = Parameters<Client['users']['create']>[0];

export function addUserCommands(user: Command): void {
  addCreate(user);
  addList(user);
  addUpdate(user);
  addRemove(user);
  addReset(user);
}

function readRoles(names: readonly string[]): Role[] {
  const unknown = names.find((name) => !ROLES.some((role) => role === name));
  if (unknown !== undefined)
    throw usageError(`There is no role "${unknown}".`, `There are: ${ROLES.join(', ')}`);
  return ROLES.filter((role) => names.includes(role));
}

function contactOptions(command: Command): Command {
  return command
    .option('--role <role>', `may be repeated: ${ROLES.join(', ')}`, collect)
    .option('--email <address>', 'for codes')
    .option('--phone <number>', 'for codes, with country code')
    .addOption(new Option('--language <code>', 'of messages').choices(['en', 'zh']));
}

/** What was given of the contact; `none` takes it away. */
function contactOf({ email, phone, language }: Contact) {
  const orNull = (text: string) => (text === 'none' ? null : text);
  return {
    ...(email === undefined ? {} : { email: orNull(email) }),
    ...(phone === undefined ? {} : { phone: orNull(phone) }),
    ...(language === undefined ? {} : { language }),
  };
}

function addCreate(user: Command): void {
  contactOptions(user.command('create'))
    .description('create a user; without a password a one-time password is made and shown once')
    .argument('<username>')
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText('after', examples('user create li --role editor --role operator --email li@example.com'))
    .action(
      action<[string], Contact & { role?: string[]; passwordStdin?: boolean }>(
        async ({ out, connect }, [username], { role = [], passwordStdin, ...contact }) => {
          if (role.length === 0)
            throw usageError('A user needs at least one --role.', `There are: ${ROLES.join(', ')}`);
          const client = await connect();
          const password = passwordStdin ? { password: (await readLines(1, 'The password'))[0]! } : {};
          const body: Created = { username, roles: readRoles(role), ...contactOf(contact), ...password };
          const { user: made, oneTimePassword } = await client.users.create(body);
          const fields: Field[] = [
            ['user', made.username],
            ['roles', made.roles.join(', ')],
            ['one-time password', oneTimePassword],
          ];
          const shown = oneTimePassword === undefined ? made : { ...made, oneTimePassword };
          out.print(shown, () => renderFields(fields, out.look.style));
          if (oneTimePassword !== undefined)
            out.say(
              'It is good for 24 hours and not shown again; an own one is chosen at the first sign-in.',
            );
        },
      ),
    );
}

function addList(user: Command): void {
  listOptions(user.command('list'), SHOWN)
    .description('list users')
    .addHelpText('after', examples('user list'))
    .action(
      action<[], ListOptions>(async ({ out, connect }, _args, options) => {
        const client = await connect();
        const page = await readList((query) => client.users.list(query), options, SHOWN);
        out.print(page, () =>
          renderTable(
            [
              { title: 'USER', value: (item) => item.username },
              { title: 'ROLES', value: (item) => item.roles.join(', ') },
              { title: 'STATE', value: (item) => (item.enabled ? 'enabled' : 'disabled') },
              { title: 'APP', value: (item) => (item.hasTotp ? 'yes' : 'no') },
              { title: 'PHONE', value: (item) => item.phone ?? '–' },
              { title: 'CREATED', value: (item) => sayTime(item.createdAt) },
              { title: 'E-MAIL', value: (item) => item.email ?? '–' },
            ],
            page.items,
            out.look,
          ),
        );
        if (page.nextCursor !== null) out.hint(`More: --all, or --cursor ${page.nextCursor}`);
      }),
    );
}

type Update = Contact & { role?: string[]; enable?: boolean; disable?: boolean };

function addUpdate(user: Command): void {
  contactOptions(user.command('update'))
    .description('change roles or contact, disable or enable; works at once ("none" takes a contact away)')
    .argument('<username>')
    .option('--disable', 'may not sign in any more')
    .addOption(new Option('--enable', 'may sign in again').conflicts('disable'))
    .addHelpText('after', examples('user update li --role viewer', 'user update li --disable'))
    .action(
      action<[string], Update>(
        async ({ out, connect }, [username], { role, enable, disable, ...contact }) => {
          const patch = {
            ...contactOf(contact),
            ...(role === undefined ? {} : { roles: readRoles(role) }),
            ...(enable || disable ? { enabled: enable === true } : {}),
          };
          if (Object.keys(patch).length === 0)
            throw usageError('Nothing to change was given.', 'See: opencota user update --help');
          const changed = await (await connect()).users.update(username, patch);
          out.print(changed, () => `Changed ${Object.keys(patch).join(', ')} of ${username}.`);
        },
      ),
    );
}

function addRemove(user: Command): void {
  user
    .command('remove')
    .description('remove a user; their sessions end at once')
    .argument('<username>')
    .addOption(yesOption())
    .addHelpText('after', examples('user remove li --yes'))
    .action(
      action<[string], { yes?: boolean }>(async ({ out, prompt, connect }, [username], { yes }) => {
        const client = await connect();
        await demandYes(prompt, `Remove user ${username}?`, yes);
        await client.users.remove(username);
        out.print({ removed: username }, () => `Removed ${username}.`);
      }),
    );
}

function addReset(user: Command): void {
  user
    .command('reset-password')
    .description(
      'replace a password by a one-time password: on the machine of a stopped server, or with --remote',
    )
    .argument('<username>')
    .option('--remote', 'ask the running server, as an administrator')
    .addOption(yesOption())
    .addHelpText('after', examples('user reset-password admin', 'user reset-password li --remote'))
    .action(
      action<[string], { remote?: boolean; yes?: boolean }>(async (shell, [username], { remote, yes }) => {
        if (!remote) return runServerCommand(shell, ['user', 'reset-password', username]);
        const client = await shell.connect();
        await demandYes(shell.prompt, `Replace the password of ${username}? Their sessions end.`, yes);
        const made = await client.users.resetPassword(username);
        shell.out.print({ username, ...made }, () =>
          renderFields([['one-time password', made.oneTimePassword]], shell.out.look.style),
        );
        shell.out.say('It is good for 24 hours and not shown again.');
        return undefined;
      }),
    );
}
