import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../src/program.ts';
import { Cli } from './support/cli.ts';

let cli: Cli;
before(async () => {
  cli = await Cli.create();
});
after(() => cli[Symbol.asyncDispose]());

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut(text) {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

describe('every command', () => {
  const leaves = leavesOf(createProgram());

  it('has help with a description, an example of itself and --json', () => {
    assert.ok(leaves.length > 50);
    for (const leaf of leaves) {
      const help = helpOf(leaf);
      assert.match(help, /Examples?:\n/, pathOf(leaf));
      assert.ok(help.includes(`$ ${pathOf(leaf)}`), pathOf(leaf));
      assert.match(help, /--json/, pathOf(leaf));
      assert.ok(leaf.description().length >= 10, pathOf(leaf));
    }
  });

  it('stands in the README', async () => {
    const { readFile } = await import('node:fs/promises');
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    for (const leaf of leaves) {
      const name = pathOf(leaf).replace('opencota ', '');
      assert.ok(readme.includes(`\`${name}`), name);
    }
  });
});

describe('a wrong usage', () => {
  it('ends with exit code 2 and an error as JSON when asked for', async () => {
    const { code, stdout, stderr } = await cli.run(['prodct', '--json']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.deepEqual([JSON.parse(stderr).code, JSON.parse(stderr).exitCode], ['usage', 2]);
    assert.match(JSON.parse(stderr).detail, /Did you mean product/);
  });

  it('such as a noun without a verb shows what there is, on standard error', async () => {
    const { code, stdout, stderr } = await cli.run(['device']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /import \[options\] <product> <file>/);
  });
});

describe('the version', () => {
  it('is a line, or JSON when asked for', async () => {
    const text = (await cli.ok(['--version'])).trim();
    assert.match(text, /^\d+\.\d+\.\d+/);
    assert.deepEqual(await cli.json(['--version']), { version: text });
  });
});

describe('the completion for bash', () => {
  it('knows nouns, verbs and options', async () => {
    const script = await cli.ok(['completion', 'bash']);
    await writeFile(cli.path('completion.bash'), script);
    const complete = (...words: string[]) => {
      const line = `source completion.bash; COMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}; _opencota; echo "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', line], { cwd: cli.dir, encoding: 'utf8' }).stdout.trim().split(' ');
    };
    assert.deepEqual(complete('opencota', 'roll'), ['rollout']);
    assert.ok(complete('opencota', 'rollout', '').includes('start'));
    assert.deepEqual(complete('opencota', '--json', 'rollout', 'start', 'lock', '--wat'), ['--watch']);
    assert.deepEqual(complete('opencota', 'config', 'get', '--js'), ['--json']);
  });
});

describe("the server's own commands", () => {
  it('run in our place: a signal stops the server as it should, and our settings do not disturb it', async () => {
    const env = {
      OPENCOTA_URL: 'http://example.com',
      OPENCOTA_TOKEN: 'x',
      OPENCOTA_DATA_DIR: cli.path('data'),
      OPENCOTA_HOST: '127.0.0.1',
      OPENCOTA_HTTP_PORT: '0',
      OPENCOTA_MQTT_PORT: '0',
    };
    const child = cli.spawn(['serve'], { env });
    const ended = once(child, 'exit');
    let log = '';
    let isStopped = false;
    for await (const chunk of child.stdout!.setEncoding('utf8')) {
      log += chunk;
      if (isStopped || !log.includes('OpenCOTA is ready')) continue;
      isStopped = child.kill('SIGTERM');
    }
    assert.match(log, /"stopped"/);
    assert.deepEqual(await ended, [0, null]);

    const { message } = await cli.json(['backup', '--to', 'copy.db'], { env });
    assert.match(message, /Backup written to copy\.db/);
    const again = await cli.run(['backup', '--to', 'copy.db'], { env });
    assert.equal(again.code, 1);
    assert.match(again.stderr, /exists already/);
    const asJson = await cli.run(['backup', 'copy.db', '--json'], { env });
    assert.deepEqual([asJson.code, asJson.stdout], [1, '']);
    assert.match(JSON.parse(asJson.stderr).detail, /exists already/);
    const settings = await cli.json(['settings'], { env });
    assert.ok(settings.some((each: { name: string }) => each.name === 'OPENCOTA_DATA_DIR'));
  });
});
