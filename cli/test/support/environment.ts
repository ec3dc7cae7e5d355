import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An environment without settings of whoever runs the tests. */
export function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(OPENCOTA_|NODE_|XDG_|NO_COLOR|FORCE_COLOR|EDITOR|VISUAL)/.test(name),
  );
  // Compiled once for all the processes that the tests start.
  const cache = join(tmpdir(), 'opencota-cli-test-cache');
  const own = { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: cache };
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])), ...own };
}
