/**
 * `login`: a session or an API token, kept in a context.
 *
 * A one-time password opens nothing but the door to choose an own one, which happens here too.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { findTarget, openClient, readUrl } from '../client.ts';
import { type Context, readContexts, writeContexts } from '../context.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readLines } from '../input.ts';
import { action, examples, type Shell } from '../shell.ts';
import { sayTime } from '../text.ts';

type Options = { username?: string; passwordStdin?: boolean; token?: boolean; deviceCode?: boolean };
const URL_DEFAULT = 'http://127.0.0.1:8080';
const STDIN_INSTEAD = 'Give --url, --username and --password-stdin, or --device-code, or --token.';

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('sign in to a server and make it the current context')
    .option('--username <name>', 'asked for when not given')
    .option(
      '--password-stdin',
      'read the password from standard input; a second line replaces a one-time password',
    )
    .option('--device-code', 'show a code that you confirm in a browser: no password on this machine')
    .option('--token', 'use an API token, from OPENCOTA_TOKEN or standard input')
    .addHelpText(
      'after',
      examples(
        'login',
        'login --url https://cota.example.com --device-code',
        'login --url https://cota.example.com --username ci --password-stdin < password.txt',
        'login --url https://cota.example.com --token --context ci < token.txt',
      ),
    )
    .action(
      action<[], Options>(async (shell, _args, options) => {
        const { out, globals, environment, prompt } = shell;
        const url = await askUrl(shell);
        if (isInClear(url)) out.warn(`${url} is not encrypted; passwords and tokens can be read on the way.`);
        // Says early whether there is a server at all, before anybody types a password.
        await openClient(url).probe('/healthz');
        const context = await enter(shell, url, options);
        const name = globals.context ?? new URL(url).host;
        const { contexts } = await readContexts(environment.contextsPath);
        await writeContexts(environment.contextsPath, {
          current: name,
          contexts: { ...contexts, [name]: context },
        });
        const { token: _token, ...shown } = context;
        out.print(
          { context: name, ...shown },
          () => `Signed in to ${url} as ${context.username} (context ${name}).`,
        );
        if (context.expiresAt !== undefined && prompt.isInteractive)
          out.hint(
            `The session ends ${sayTime(context.expiresAt)}. See what is there: opencota product list`,
          );
      }),
    );
}

async function enter(shell: Shell, url: string, options: Options): Promise<Context> {
  if (options.token)
    return useToken(url, shell.environment.token ?? (await readLines(1, 'The token'))[0]!.trim());
  return options.deviceCode ? signInByCode(shell, url) : signIn(shell, url, options);
}

async function askUrl({ globals, environment, prompt }: Shell): Promise<string> {
  if (globals.url !== undefined) return readUrl(globals.url, '--url');
  // A name that is not known yet is the name of the context to make.
  const { contexts } = await readContexts(environment.contextsPath);
  const isNew = globals.context !== undefined && !Object.hasOwn(contexts, globals.context);
  const { context: _new, ...rest } = globals;
  const target = await findTarget(isNew ? rest : globals, environment);
  if (target !== undefined && !isNew && !prompt.isInteractive) return target.url;
  const initial = target?.url ?? URL_DEFAULT;
  return readUrl(
    await prompt.text('Address of the server', { initial, instead: STDIN_INSTEAD }),
    'The address',
  );
}

function isInClear(url: string): boolean {
  const { protocol, hostname: host } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127\.[0-9.]+|\[::1\])$/.test(host);
}

async function useToken(url: string, token: string): Promise<Context> {
  const { name, kind } = await openClient(url, token).session.get();
  return { url, token, kind: kind === 'user' ? 'session' : 'token', username: name };
}

/** The way of RFC 8628: somebody who is signed in confirms the code in a browser, on any machine. */
async function signInByCode({ out }: Shell, url: string): Promise<Context> {
  const client = openClient(url);
  const { code, secret, path, expiresAt, intervalSeconds } = await client.signInCodes.begin();
  const page = `${url}${path}`;
  out.tell(
    { code, url: page, expiresAt },
    () => `Open ${page} in a browser and confirm the code ${code}, until ${sayTime(expiresAt)}.`,
  );
  for (;;) {
    await wait(intervalSeconds * 1000);
    const { session } = await client.signInCodes.claim(secret);
    if (session === null) continue;
    const { token, user, expiresAt: endsAt } = session;
    return { url, token, kind: 'session', username: user.username, expiresAt: endsAt };
  }
}

async function signIn({ out, prompt }: Shell, url: string, options: Options): Promise<Context> {
  const asked = options.username ?? (await prompt.text('User name', { instead: STDIN_INSTEAD }));
  const [password, replacement] = options.passwordStdin
    ? await readLines(2, 'The password')
    : [await prompt.secret('Password', STDIN_INSTEAD)];
  const session = await openClient(url).session.create({ username: asked, password: password! });
  const client = openClient(url, session.token);
  if (session.mustChangePassword) {
    out.say('This is a one-time password. Choose your own.');
    const chosen =
      replacement || (await chooseOr(client, prompt.isInteractive && !options.passwordStdin, prompt));
    await client.session.changePassword({ currentPassword: password!, newPassword: chosen });
  }
  const { token, user, expiresAt } = session;
  return { url, token, kind: 'session', username: user.username, expiresAt };
}

async function chooseOr(client: Client, isAsked: boolean, prompt: Shell['prompt']): Promise<string> {
  try {
    if (isAsked) return await choosePassword(prompt);
  } catch (error) {
    await client.session.remove();
    throw error;
  }
  await client.session.remove();
  throw new CommandError('The password is a one-time password; an own one must be chosen.', {
    code: 'password-change-required',
    exit: EXIT.notAllowed,
    hint: 'Run opencota login on a terminal, or give the new password as a second line of --password-stdin.',
  });
}

async function choosePassword(prompt: Shell['prompt']): Promise<string> {
  for (;;) {
    const chosen = await prompt.secret('New password', STDIN_INSTEAD);
    if ((await prompt.secret('The new password again', STDIN_INSTEAD)) === chosen) return chosen;
    process.stderr.write('The two are not the same. Once more.\n');
  }
}
