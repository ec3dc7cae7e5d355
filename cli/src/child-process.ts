/** Other programs that a command runs in its place: the server, the simulator, an editor. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from './exit.ts';

/** A signal that ends a process is this much above its number, as shells count. */
const SIGNAL_EXIT_BASE = 128;

export type Delegate = {
  /** The package whose main program runs. */
  packageName: string;
  /** Its folder beside ours, in a checkout. */
  folder: string;
  /** What cannot be done without it. */
  purpose: string;
};

/** The program, where it is installed. */
export function findMain({ packageName, folder, purpose }: Delegate): string {
  const inCheckout = join(import.meta.dirname, '../..', folder, 'src/main.ts');
  const found = [inCheckout, ...installedMains(packageName)].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new CommandError(`${purpose} needs the package ${packageName}, which is not installed here.`, {
    code: 'package-missing',
    exit: EXIT.failed,
    hint: `Run it where the server is installed, or add the package beside this one: npm install ${packageName}`,
  });
}

function installedMains(packageName: string): string[] {
  try {
    const root = dirname(fileURLToPath(import.meta.resolve(`${packageName}/package.json`)));
    return [join(root, 'dist/main.js'), join(root, 'src/main.ts')];
  } catch {
    // Not installed, which the caller says.
    return [];
  }
}

/** Runs it in our place: its input and output are ours, signals reach it, its exit code is the answer. */
export async function runMain(
  main: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  return endOf(startMain(main, args, env, 'inherit'));
}

/** Runs it and gives what it prints. */
export async function captureMain(
  main: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = startMain(main, args, env, 'pipe');
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  return { code: await endOf(child), ...said };
}

function startMain(
  main: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: 'inherit' | 'pipe',
): ChildProcess {
  return spawn(process.execPath, ['--conditions=development', main, ...args], {
    env,
    stdio: ['inherit', output, output],
  });
}

async function endOf(child: ChildProcess): Promise<number> {
  // On a terminal Ctrl+C reaches the child by itself; passed on it would come twice, and a second one means "at once".
  const passOn = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, passOn);
  const [code, signal]: [number | null, NodeJS.Signals | null] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...end) => resolve(end));
  });
  for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(each, passOn);
  return code ?? SIGNAL_EXIT_BASE + (signal === null ? 0 : constants.signals[signal]);
}

const STDERR = 2;

/**
 * Opens a file in an editor, which is a shell command such as `code --wait`. Where our output goes to a program,
 * the editor's goes beside it.
 */
export async function runEditor(editor: string, file: string): Promise<number | null> {
  const stdio = [
    'inherit' as const,
    process.stdout.isTTY ? ('inherit' as const) : STDERR,
    'inherit' as const,
  ];
  const isWindows = process.platform === 'win32';
  const child = isWindows
    ? spawn(`${editor} "${file}"`, { shell: true, stdio })
    : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'editor', file], { stdio });
  await once(child, 'close');
  return child.exitCode;
}
