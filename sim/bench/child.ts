/** A program under test as a child process: started, listened to, and killed whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Child = AsyncDisposable & {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The first line of its output, past or to come, that matches. */
  findLine(pattern: RegExp, withinMs: number): Promise<RegExpExecArray>;
  /** Frees what can be freed, so that memory is compared like with like. Another program than Node has no garbage. */
  collectGarbage(): void;
  /** At once, as in a crash. */
  kill(): Promise<void>;
};

export type ChildOptions = {
  /** Another program than Node. */
  program?: string;
  /** The script and its arguments; of another program only these. */
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  hasIpc: boolean;
  /** Lets a profiler in, on a loopback port that its output names. */
  isInspectable: boolean;
};

export const REPOSITORY = join(import.meta.dirname, '../..');

const COLLECT_SIGNAL = 'SIGUSR2';
const COLLECT_ON_SIGNAL = `data:text/javascript,process.on('${COLLECT_SIGNAL}',()=>gc())`;
const LINES_KEPT = 300;
const LINES_SHOWN = 10;

export function startChild(options: ChildOptions): Child {
  const { program, args, environment, hasIpc, isInspectable } = options;
  const flags = ['--conditions=development', '--expose-gc', '--import', COLLECT_ON_SIGNAL];
  if (isInspectable) flags.push('--inspect=127.0.0.1:0');
  const child = spawn(program ?? process.execPath, program === undefined ? [...flags, ...args] : args, {
    cwd: REPOSITORY,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', ...(hasIpc ? (['ipc'] as const) : [])],
  });
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const kill = async () => {
    process.removeListener('exit', killAtExit);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    process: child,
    pid: child.pid!,
    findLine: listen(child),
    collectGarbage() {
      if (program === undefined) child.kill(COLLECT_SIGNAL);
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

function listen(child: ChildProcess): Child['findLine'] {
  const lines: string[] = [];
  const changed = new EventTarget();
  let hasEnded = false;
  const change = () => changed.dispatchEvent(new Event('change'));
  for (const stream of [child.stdout!, child.stderr!]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!;
      lines.push(...parts);
      lines.splice(0, lines.length - LINES_KEPT);
      change();
    });
  }
  child.once('close', () => {
    hasEnded = true;
    change();
  });
  return async (pattern, withinMs) => {
    const signal = AbortSignal.timeout(withinMs);
    for (;;) {
      for (const line of lines) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      if (hasEnded || signal.aborted) {
        const why = hasEnded ? 'has ended' : `did not print ${pattern} within ${withinMs} ms`;
        throw new Error(`The program ${why}. Its last words:\n${lines.slice(-LINES_SHOWN).join('\n')}`);
      }
      await once(changed, 'change', { signal }).catch(() => {});
    }
  };
}
