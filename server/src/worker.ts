/** How the server starts a thread of its own program. */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * @param name of a module beside `from` (an `import.meta.url`), without what it ends with.
 *
 * It sees nothing of the environment, where secrets may be, but where compiled code is kept: without that,
 * a thread takes four times as long to start.
 */
export function startWorker(name: string, from: string, options: Omit<WorkerOptions, 'env'>): Worker {
  // In development the sources run as they are; in a package they are JavaScript.
  const extension = from.endsWith('.ts') ? 'ts' : 'js';
  const compiled = getCompileCacheDir();
  return new Worker(new URL(`./${name}.${extension}`, from), {
    ...options,
    // Under the directory that was set is one for each version of Node.
    env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) },
  });
}
