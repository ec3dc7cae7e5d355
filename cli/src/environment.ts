/**
 * The only place that reads environment variables.
 *
 * `OPENCOTA_URL` and `OPENCOTA_TOKEN` belong to this program; the server looks at neither, so its own commands
 * do not inherit them.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = {
  url: string | undefined;
  token: string | undefined;
  /** A shell command that opens a text, such as `code --wait`. */
  editor: string;
  /** Nobody chose that editor. */
  isEditorAssumed: boolean;
  contextsPath: string;
  /** Whether colours are wanted, refused, or left to the terminal. */
  colour: 'always' | 'never' | 'auto';
};

/** A folder of one's own: in a shared one somebody else could put code to be run. */
export function compileCachePath(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'opencota', 'compiled');
}

const OWN_NAMES = ['OPENCOTA_URL', 'OPENCOTA_TOKEN'] as const;

export function readEnvironment(): Environment {
  const read = (name: string) => process.env[name] || undefined;
  const chosen = read('VISUAL') ?? read('EDITOR');
  const configHome = read('XDG_CONFIG_HOME') ?? join(homedir(), '.config');
  return {
    url: read('OPENCOTA_URL'),
    token: read('OPENCOTA_TOKEN'),
    editor: chosen ?? 'vi',
    isEditorAssumed: chosen === undefined,
    contextsPath: join(configHome, 'opencota', 'contexts.json'),
    colour: readColour(read('NO_COLOR'), read('FORCE_COLOR'), read('TERM')),
  };
}

function readColour(no: string | undefined, force: string | undefined, term: string | undefined) {
  if (no !== undefined || force === '0' || term === 'dumb') return 'never';
  return force === undefined ? 'auto' : 'always';
}

/** What a command of the server inherits. */
export function environmentOfServer(): NodeJS.ProcessEnv {
  const inherited = { ...process.env };
  for (const name of OWN_NAMES) delete inherited[name];
  return inherited;
}

/** What the simulator inherits: everything, and the token it signs in with. */
export function environmentOfSimulator(token: string): NodeJS.ProcessEnv {
  return { ...process.env, OPENCOTA_TOKEN: token };
}
