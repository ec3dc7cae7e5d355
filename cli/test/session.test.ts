import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@opencota/contract/http/client';
import { Cli } from './support/cli.ts';
import { PASSWORD, TestServer } from './support/server.ts';

let server: TestServer;
let cli: Cli;
before(async () => {
  server = await TestServer.start();
  cli = await Cli.create();
});
after(async () => {
  await cli[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const login = (password: string, ...more: string[]) =>
  cli.run(['login', '--url', server.url, '--username', 'admin', '--password-stdin', ...more], {
    stdin: password,
  });

describe('signing in', () => {
  it('with a one-time password keeps nothing until an own one is chosen', async () => {
    const refused = await login(`${server.oneTimePassword}\n`, '--json');
    assert.equal(refused.code, 3);
    assert.equal(JSON.parse(refused.stderr).code, 'password-change-required');
    await assert.rejects(stat(cli.path('opencota/contexts.json')));

    const accepted = await login(`${server.oneTimePassword}\n${PASSWORD}\n`);
    assert.equal(accepted.code, 0, accepted.stderr);
    assert.equal((await cli.json(['whoami'])).name, 'admin');
  });

  it('keeps the token in a file that only its owner reads, and shows it nowhere', async () => {
    const { code, stdout } = await login(`${PASSWORD}\n`, '--context', 'lab', '--json');
    assert.equal(code, 0);
    const path = cli.path('opencota/contexts.json');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const saved = JSON.parse(await readFile(path, 'utf8'));
    const { token } = saved.contexts.lab;
    assert.equal(saved.current, 'lab');
    assert.ok(token.length > 20);
    const listed = await cli.ok(['context', 'list', '--json']);
    assert.match(listed, /"name":"lab"/);
    for (const text of [stdout, listed]) assert.ok(!text.includes(token));
  });

  it('with a wrong password ends with exit code 3', async () => {
    const { code, stderr } = await login('wrong wrong wrong\n', '--json');
    assert.equal(code, 3);
    assert.equal(JSON.parse(stderr).code, 'sign-in-failed');
  });

  it('by a code waits until somebody confirms it in a browser', async () => {
    const other = await Cli.create();
    const child = other.spawn(['login', '--url', server.url, '--device-code', '--json']);
    let said = '';
    const printed = Promise.withResolvers<string>();
    child.stderr!.on('data', (bytes) => {
      said += bytes;
      const code = /[?]code=([A-Z]{4}-[A-Z]{4})/.exec(said)?.[1];
      if (code !== undefined) printed.resolve(code);
    });
    const exit = once(child, 'exit');
    const code = await printed.promise;
    const { token } = await createClient({ url: server.url }).session.create({
      username: 'admin',
      password: PASSWORD,
    });
    const browser = createClient({ url: server.url, token });
    assert.equal((await browser.signInCodes.get(code)).code, code);
    await browser.signInCodes.decide(code, { allow: true });
    assert.deepEqual(await exit, [0, null], said);
    assert.equal((await other.json(['whoami'])).name, 'admin');
    await other[Symbol.asyncDispose]();
  });

  it('by environment needs no contexts file and lasts as long as its token', async () => {
    const made = await cli.json(['token', 'create', 'ci', '--scope', 'read']);
    const other = await Cli.create();
    const env = { OPENCOTA_URL: server.url, OPENCOTA_TOKEN: made.token };
    assert.equal((await other.json(['whoami'], { env })).kind, 'token');
    await cli.ok(['token', 'remove', String(made.id), '--yes']);
    const { code, stderr } = await other.run(['whoami', '--json'], { env });
    assert.equal(code, 3);
    assert.equal(JSON.parse(stderr).code, 'unauthenticated');
    await other[Symbol.asyncDispose]();
  });

  it('ends with a logout, on the server too', async () => {
    await login(`${PASSWORD}\n`, '--context', 'short');
    const { token } = JSON.parse(await readFile(cli.path('opencota/contexts.json'), 'utf8')).contexts.short;
    assert.equal((await cli.json(['logout', '--context', 'short'])).sessionEnded, true);
    const asked = await fetch(`${server.url}/api/v1/session`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(asked.status, 401);
    assert.equal((await cli.run(['whoami', '--context', 'short'])).code, 3);
    await cli.ok(['context', 'remove', 'short']);
    await cli.ok(['context', 'use', 'lab']);
  });
});

describe('another address', () => {
  it('never gets the token that was saved for this one', async () => {
    const seen: (string | undefined)[] = [];
    const stranger = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('<html>hello</html>');
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;

    const saved = await cli.run(['product', 'list', '--url', url, '--json']);
    assert.equal(saved.code, 3);
    assert.deepEqual(seen, []);

    const { code, stderr } = await cli.run(['product', 'list', '--url', url], {
      env: { OPENCOTA_TOKEN: 'oct_x' },
    });
    assert.equal(code, 8);
    assert.match(stderr, /not an OpenCOTA server: <html>hello/);
    assert.deepEqual(seen, ['Bearer oct_x']);
    stranger.close();
  });

  it('where nothing listens gives exit code 8 and says what to do', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const url = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
    free.close();
    await once(free, 'close');
    const { code, stdout, stderr } = await cli.run(['whoami', '--url', url], {
      env: { OPENCOTA_TOKEN: 'oct_x' },
    });
    assert.equal(code, 8);
    assert.equal(stdout, '');
    assert.match(stderr, /nothing listens there/);
    assert.match(stderr, /opencota doctor/);
  });

  it('that nobody named is asked for', async () => {
    const fresh = await Cli.create();
    const { code, stderr } = await fresh.run(['product', 'list']);
    assert.equal(code, 3);
    assert.match(stderr, /opencota login/);
    await fresh[Symbol.asyncDispose]();
  });
});
