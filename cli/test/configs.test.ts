import assert from 'node:assert/strict';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Cli } from './support/cli.ts';
import { TestServer } from './support/server.ts';

let server: TestServer;
let cli: Cli;
before(async () => {
  server = await TestServer.start();
  cli = await Cli.signedIn(server);
  await cli.client.products.create({ name: '门锁', productKey: 'lock' });
});
after(async () => {
  await cli[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const textOf = (content: Uint8Array) => Buffer.from(content).toString('utf8');
const draft = async () => textOf((await cli.client.drafts.get('lock')).content);
const content = async (version: number) => textOf(await cli.client.versions.content('lock', version));

async function file(name: string, text: string): Promise<string> {
  await writeFile(cli.path(name), text);
  return name;
}

/** An editor that replaces the text by that of a file, and does something else before. */
async function editor(text: string, before = ''): Promise<{ EDITOR: string }> {
  await file('typed.json', text);
  const script = cli.path('editor.sh');
  await writeFile(script, `#!/bin/sh\n${before}\ncp "${cli.path('typed.json')}" "$1"\n`);
  await chmod(script, 0o755);
  return { EDITOR: script };
}

const EXACT = '{ "big": 9007199254740993,\n  "one": 1.0 }\n';

describe('config apply', () => {
  it('saves the bytes of a file as a version, and the same file again does nothing', async () => {
    const name = await file('exact.json', EXACT);
    const first = await cli.json(['config', 'apply', 'lock', '-f', name, '-m', '第一版']);
    assert.equal(first.changed, true);
    assert.equal(first.version.number, 1);
    assert.equal(await cli.ok(['config', 'get', 'lock']), EXACT);
    assert.equal((await cli.json(['config', 'apply', 'lock', '-f', name])).changed, false);
    assert.equal((await cli.client.versions.list('lock')).items.length, 1);
  });

  it('converts YAML and says so, without losing digits', async () => {
    const name = await file('lock.yaml', 'big: 9007199254740993\nlist: [a, 2]\nnone: null # why\n');
    const { code, stdout, stderr } = await cli.run(['config', 'apply', 'lock', '-f', name]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /version 2/);
    assert.match(stderr, /is YAML and was converted/);
    const text = await content(2);
    assert.match(text, /"big": 9007199254740993,/);
    assert.deepEqual(JSON.parse(text).list, ['a', 2]);
  });

  it('leaves the draft as it was when the file is not valid', async () => {
    const before = await draft();
    const { code, stderr } = await cli.run([
      'config',
      'apply',
      'lock',
      '-f',
      await file('bad.json', '{"a":1,"a":2}'),
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /Line 1, column \d+/);
    assert.equal(await draft(), before);
  });

  it("refuses to overwrite somebody else's unsaved work, unless forced", async () => {
    const password = 'a password of an editor';
    await cli.client.users.create({ username: 'li', roles: ['editor'], password });
    const other = await Cli.create();
    await other.signIn(server.url, 'li', password);
    await other.client.drafts.put('lock', {
      ...(await other.client.drafts.get('lock')),
      content: '{"by":"li"}',
    });
    await other[Symbol.asyncDispose]();

    const name = await file('new.json', '{"by":"ci"}');
    const { code, stderr } = await cli.run(['config', 'apply', 'lock', '-f', name, '--json']);
    assert.equal(code, 5);
    assert.deepEqual([JSON.parse(stderr).code, JSON.parse(stderr).author], ['draft-changed', 'li']);
    assert.equal(await draft(), '{"by":"li"}');

    await cli.ok(['config', 'apply', 'lock', '-f', name, '--force']);
    assert.equal(await content(3), '{"by":"ci"}');
  });
});

describe('config edit', () => {
  it('keeps the typed text when somebody else changed the draft meanwhile', async () => {
    // Another draft is written between reading and writing, by the API itself.
    const other = `${process.execPath} ${cli.path('other.cjs')}`;
    await writeFile(
      cli.path('other.cjs'),
      `const saved = JSON.parse(require('fs').readFileSync('${cli.path('opencota/contexts.json')}', 'utf8'));
       const { url, token } = saved.contexts[saved.current];
       const at = url + '/api/v1/products/lock/draft';
       const headers = { authorization: 'Bearer ' + token };
       fetch(at, { headers }).then((r) => fetch(at, { method: 'PUT', headers: { ...headers, 'if-match': r.headers.get('etag') }, body: '{"by":"other"}' }));`,
    );
    const { code, stderr } = await cli.run(['config', 'edit', 'lock'], {
      env: await editor('{"by":"me"}', other),
    });
    assert.equal(code, 5, stderr);
    const kept = /Your text is kept in (\S+)/.exec(stderr)![1]!;
    assert.equal(await readFile(kept, 'utf8'), '{"by":"me"}');
    await rm(dirname(kept), { recursive: true });
    assert.equal(await draft(), '{"by":"other"}');
  });

  it('says where a text cannot be saved, and keeps it as the draft', async () => {
    const { code, stderr } = await cli.run(['config', 'edit', 'lock'], {
      env: await editor('{"a":\n oops}'),
    });
    assert.equal(code, 1);
    assert.match(stderr, /line 2, column 2/);
    assert.equal(await cli.ok(['config', 'get', 'lock', '--draft']), '{"a":\n oops}');
  });

  it('does nothing when nothing was typed, and saves when asked to', async () => {
    assert.equal((await cli.json(['config', 'edit', 'lock'], { env: { EDITOR: 'true' } })).changed, false);
    const typed = await editor('{"a":1}');
    const env = { EDITOR: `echo talk of the editor; ${typed.EDITOR}` };
    const edited = await cli.json(['config', 'edit', 'lock', '--save', '-m', 'one'], { env });
    assert.equal(edited.version.note, 'one');
  });
});

describe('config edit without a terminal', () => {
  it('opens only an editor that was chosen', async () => {
    const { code, stdout, stderr } = await cli.run(['config', 'edit', 'lock', '--json'], {
      env: { EDITOR: '', VISUAL: '' },
    });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(JSON.parse(stderr).hint, /EDITOR/);
  });
});

describe('config', () => {
  it('save without a draft is a conflict', async () => {
    await cli.client.products.create({ name: 'empty', productKey: 'empty' });
    const { code, stderr } = await cli.run(['config', 'save', 'empty', '--json']);
    assert.equal(code, 5);
    assert.equal(JSON.parse(stderr).code, 'draft-empty');
  });

  it('restore puts a version into the draft and saves nothing', async () => {
    const { latestVersion } = await cli.client.products.get('lock');
    await cli.ok(['config', 'restore', 'lock', '1']);
    assert.equal(await draft(), EXACT);
    assert.equal((await cli.client.products.get('lock')).latestVersion, latestVersion);
  });

  it('restore asks before it overwrites unsaved work', async () => {
    assert.equal((await cli.run(['config', 'restore', 'lock', '2'])).code, 2);
    await cli.ok(['config', 'restore', 'lock', '2', '--yes']);
  });

  it('validate answers with every violation of the schema and exit code 1', async () => {
    const schema = { type: 'object', properties: { seconds: { type: 'integer' }, mode: { enum: ['a'] } } };
    await cli.ok(['schema', 'set', 'lock', '-f', await file('schema.json', JSON.stringify(schema))]);
    const name = await file('violating.json', '{"seconds":"1","mode":"b"}');
    const { code, stdout, stderr } = await cli.run(['config', 'validate', 'lock', '-f', name, '--json']);
    assert.equal(code, 1);
    assert.equal(stderr, '');
    const pointers = JSON.parse(stdout).violations.map((each: { pointer: string }) => each.pointer);
    assert.deepEqual(pointers.toSorted(), ['/mode', '/seconds']);
    const good = await cli.json(['config', 'validate', 'lock', '-f', '-'], { stdin: '{"seconds":1}' });
    assert.equal(good.valid, true);
    await cli.ok(['schema', 'remove', 'lock', '--yes']);
    assert.equal((await cli.run(['schema', 'get', 'lock'])).code, 4);
    await cli.ok(['schema', 'set', 'lock', '-f', 'schema.json']);
  });

  it('diff shows what changed, as text and in meaning', async () => {
    const text = await cli.ok(['config', 'diff', 'lock', '--from', '1', '--to', '2']);
    assert.match(text, /^--- version 1\n\+\+\+ version 2\n/);
    assert.equal(await cli.ok(['config', 'diff', 'lock', '1', '2']), text);
    assert.match(
      await cli.ok(['config', 'diff', 'lock', '--from', '1', '--to', '2', '--changes']),
      /^- \/one {2}1\.0$/m,
    );
  });
});
