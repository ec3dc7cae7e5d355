/**
 * Which server a command talks to, and as whom.
 *
 * What is said on the command line wins over the environment, which wins over the current context. A token that
 * was saved for one address is never sent to another.
 */
import { type Client, createClient } from '@opencota/contract/http/client';
import { type Context, type Contexts, getContext, normaliseUrl, readContexts } from './context.ts';
import type { Environment } from './environment.ts';
import { CommandError, EXIT, usageError } from './exit.ts';
import { VERSION } from './program-version.ts';

export type GlobalOptions = { json?: boolean; context?: string; url?: string };

export type Target = {
  url: string;
  token: string | undefined;
  /** The context it comes from, if it does. */
  context: string | undefined;
  /** Where the address comes from, for people. */
  origin: string;
};

export function readUrl(text: string, name: string): string {
  const url = normaliseUrl(text);
  if (url !== undefined) return url;
  throw usageError(
    `${name} must be the address of the server, such as https://cota.example.com, not "${text}".`,
  );
}

/** Undefined: nobody has said which server. */
export async function findTarget(
  options: GlobalOptions,
  environment: Environment,
): Promise<Target | undefined> {
  const saved = await readContexts(environment.contextsPath);
  if (options.context !== undefined) {
    const { url, token } = getContext(saved, options.context);
    return { url, token, context: options.context, origin: `context ${options.context}` };
  }
  const given = givenUrl(options, environment);
  if (given !== undefined) {
    const [name, context] = findByUrl(saved, given.url) ?? [];
    return { ...given, token: environment.token ?? context?.token, context: name };
  }
  if (saved.current === undefined) return undefined;
  const { url, token } = getContext(saved, saved.current);
  const origin = `context ${saved.current}`;
  return { url, token: environment.token ?? token, context: saved.current, origin };
}

function givenUrl(
  { url }: GlobalOptions,
  environment: Environment,
): { url: string; origin: string } | undefined {
  if (url !== undefined) return { url: readUrl(url, '--url'), origin: '--url' };
  if (environment.url === undefined) return undefined;
  return { url: readUrl(environment.url, 'OPENCOTA_URL'), origin: 'OPENCOTA_URL' };
}

/** The current one first, when two are of the same server. */
function findByUrl({ current, contexts }: Contexts, url: string): [string, Context] | undefined {
  const matching = Object.entries(contexts).filter(([, context]) => context.url === url);
  return matching.find(([name]) => name === current) ?? matching[0];
}

export async function getTarget(options: GlobalOptions, environment: Environment): Promise<Target> {
  const target = await findTarget(options, environment);
  if (target !== undefined) return target;
  throw new CommandError('No server is chosen.', {
    code: 'no-server',
    exit: EXIT.notAllowed,
    hint: 'Sign in: opencota login, or set OPENCOTA_URL and OPENCOTA_TOKEN.',
  });
}

export async function connect(options: GlobalOptions, environment: Environment): Promise<Client> {
  const target = await getTarget(options, environment);
  if (target.token !== undefined) return openClient(target.url, target.token);
  throw new CommandError(`Nobody is signed in to ${target.url}.`, {
    code: 'unauthenticated',
    exit: EXIT.notAllowed,
    hint: 'Sign in: opencota login, or set OPENCOTA_TOKEN.',
  });
}

export function openClient(url: string, token?: string): Client {
  return createClient({ url, token, userAgent: `opencota-cli/${VERSION}` });
}
