/** The real command line as a child process, with contexts of its own. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@opencota/contract/http/client';
import { cleanEnvironment } from './environment.ts';
import { PASSWORD, type TestServer } from './server.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

export type Result = { code: number | null; stdout: string; stderr: string };
export type RunOptions = { stdin?: string | Promise<string>; env?: Record<string, string> };

export class Cli implements AsyncDisposable {
  readonly dir: string;
  /** The same server, for what a test prepares and looks up: much quicker than a process each. */
  client: Client = createClient({ url: 'http://127.0.0.1:0' });

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async create(): Promise<Cli> {
    return new Cli(await mkdtemp(join(tmpdir(), 'opencota-cli-')));
  }

  /** Signed in as the administrator, whose password is chosen. */
  static async signedIn({ url, oneTimePassword }: TestServer): Promise<Cli> {
    const cli = await Cli.create();
    await cli.signIn(url, 'admin', oneTimePassword);
    await cli.client.session.changePassword({ currentPassword: oneTimePassword, newPassword: PASSWORD });
    return cli;
  }

  /** Signs in without the command line; the context is current. */
  async signIn(url: string, username: string, password: string): Promise<void> {
    const { token } = await createClient({ url }).session.create({ username, password });
    this.client = createClient({ url, token });
    await mkdir(this.path('opencota'), { recursive: true });
    const contexts = { test: { url, token, kind: 'session', username } };
    await writeFile(this.path('opencota/contexts.json'), JSON.stringify({ current: 'test', contexts }), {
      mode: 0o600,
    });
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  spawn(args: readonly string[], { env = {} }: RunOptions = {}): ChildProcess {
    return spawn(process.execPath, [MAIN, ...args], {
      env: { ...cleanEnvironment(), XDG_CONFIG_HOME: this.dir, ...env },
      cwd: this.dir,
      stdio: 'pipe',
    });
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    const child = this.spawn(args, options);
    const ended = resultOf(child);
    // A command that ends without reading its input must not fail the test.
    child.stdin!.on('error', () => {});
    child.stdin!.end(await (options.stdin ?? ''));
    return ended;
  }

  /** Runs a command that must succeed; gives what it prints. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Runs a command that must succeed; gives its JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind.
  async json(args: readonly string[], options: RunOptions = {}): Promise<any> {
    return JSON.parse(await this.ok([...args, '--json'], options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function resultOf(child: ChildProcess): Promise<Result> {
  const result: Result = { code: null, stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    result.stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    result.stderr += text;
  });
  result.code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  return result;
}
