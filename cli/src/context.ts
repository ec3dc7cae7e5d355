/**
 * Contexts: the servers one has signed in to, and which of them commands mean.
 *
 * The file holds tokens, so it is readable by its owner only, and it is replaced as a whole: a command that
 * is killed leaves the old one.
 */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError, EXIT } from './exit.ts';

export type Context = {
  url: string;
  /** Of a session or an API token; without one, one is signed out. */
  token?: string;
  kind?: 'session' | 'token';
  username?: string;
  expiresAt?: string;
};
export type Contexts = { current?: string; contexts: Record<string, Context> };

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

export async function readContexts(path: string): Promise<Contexts> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { contexts: {} };
    throw error;
  }
  const contexts = parseContexts(text);
  if (contexts !== undefined) return contexts;
  throw new CommandError(`${path} is not a contexts file of this program.`, {
    code: 'contexts-unreadable',
    exit: EXIT.failed,
    hint: 'Remove it and sign in again: opencota login',
  });
}

function parseContexts(text: string): Contexts | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('contexts' in value)) return undefined;
    const { contexts } = value;
    if (typeof contexts !== 'object' || contexts === null) return undefined;
    const known = Object.entries(contexts).filter((entry): entry is [string, Context] => isContext(entry[1]));
    const current = 'current' in value && typeof value.current === 'string' ? { current: value.current } : {};
    return { ...current, contexts: Object.fromEntries(known) };
  } catch {
    return undefined;
  }
}

function isContext(value: unknown): value is Context {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string';
}

export async function writeContexts(path: string, contexts: Contexts): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  const temporary = `${path}.${process.pid}.new`;
  try {
    await writeFile(temporary, `${JSON.stringify(contexts, null, 2)}\n`, { mode: FILE_MODE, flag: 'wx' });
    await chmod(temporary, FILE_MODE);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export function getContext({ contexts }: Contexts, name: string): Context {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context !== undefined) return context;
  const names = Object.keys(contexts);
  throw new CommandError(`There is no context "${name}".`, {
    code: 'context-not-found',
    exit: EXIT.notFound,
    hint: names.length === 0 ? 'Sign in first: opencota login' : `There are: ${names.join(', ')}`,
  });
}

/** Addresses are compared and kept in one spelling. */
export function normaliseUrl(text: string): string | undefined {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
}
