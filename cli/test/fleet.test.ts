import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Cli } from './support/cli.ts';
import { TestServer } from './support/server.ts';

let server: TestServer;
let cli: Cli;
before(async () => {
  server = await TestServer.start();
  cli = await Cli.signedIn(server);
});
after(async () => {
  await cli[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('product', () => {
  it('list says what to do while there is none, on standard error', async () => {
    const { code, stdout, stderr } = await cli.run(['product', 'list']);
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /opencota product create/);
    assert.deepEqual(await cli.json(['product', 'list']), { items: [], nextCursor: null });
  });

  it('create prints the secret as data, and a second one of the same key is a conflict', async () => {
    const { code, stdout, stderr } = await cli.run(['product', 'create', '智能门锁', '--key', 'lock']);
    assert.equal(code, 0);
    assert.match(stdout, /^productKey {5}lock\nproductSecret {2}[0-9a-f]{32}\n$/);
    assert.match(stderr, /not shown again/);
    assert.equal((await cli.run(['product', 'create', 'x', '--key', 'lock'])).code, 5);
    assert.equal((await cli.run(['product', 'show', 'nope'])).code, 4);
    assert.equal((await cli.run(['product', 'create', 'x', '--key', 'a b'])).code, 2);
  });

  it('set changes what was given and nothing else', async () => {
    const before = await cli.client.products.get('lock');
    await cli.ok([
      'product',
      'set',
      'lock',
      '--cool-down-seconds',
      '60',
      '--retention-versions',
      '7',
      '--registration-allowed',
      'on',
    ]);
    const changed = await cli.client.products.get('lock');
    assert.deepEqual(changed, {
      ...before,
      coolDownSeconds: 60,
      retentionVersions: 7,
      registrationAllowed: true,
    });
    assert.equal((await cli.run(['product', 'set', 'lock', '--cool-down-seconds', '-1'])).code, 2);
    assert.equal((await cli.run(['product', 'set', 'lock'])).code, 2);
  });
});

describe('device', () => {
  it('import prints the secrets as CSV, says which rows were refused, and may be repeated', async () => {
    await writeFile(cli.path('devices.csv'), 'deviceName,tags\nlock-01,floor=1;beta\nlock-02,\nx,\n');
    const first = await cli.run(['device', 'import', 'lock', 'devices.csv']);
    assert.equal(first.code, 1);
    assert.match(first.stdout, /^deviceName,deviceSecret\nlock-01,\w{32}\nlock-02,\w{32}\n$/);
    assert.match(first.stderr, /row 4, x: deviceName must be/);
    const stdin = 'lock-01\nlock-03\n';
    const again = await cli.run(['device', 'import', 'lock', '-', '-o', 'secrets.csv'], { stdin });
    assert.equal(again.code, 0, again.stderr);
    assert.equal(again.stdout, '');
    assert.match(again.stderr, /1 device registered, 1 existed already/);
    assert.equal((await stat(cli.path('secrets.csv'))).mode & 0o777, 0o600);
    assert.match(await readFile(cli.path('secrets.csv'), 'utf8'), /^lock-03,\w{32}$/m);
  });

  it('list filters, and pages with --limit, --cursor and --all', async () => {
    const names = (page: { items: { deviceName: string }[] }) =>
      page.items.map(({ deviceName }) => deviceName);
    assert.deepEqual(names(await cli.json(['device', 'list', 'lock', '--tag', 'beta'])), ['lock-01']);
    assert.deepEqual(names(await cli.json(['device', 'list', 'lock', '--online'])), []);
    const page = await cli.json(['device', 'list', 'lock', '--limit', '2']);
    assert.deepEqual(names(page), ['lock-01', 'lock-02']);
    const rest = await cli.json(['device', 'list', 'lock', '--cursor', page.nextCursor]);
    assert.deepEqual(names(rest), ['lock-03']);
    assert.equal((await cli.json(['device', 'list', 'lock', '--all'])).items.length, 3);
    assert.equal((await cli.json(['api', '/products/lock/devices?limit=2', '--all'])).items.length, 3);
  });

  it('remove does nothing without a yes', async () => {
    assert.equal((await cli.run(['device', 'remove', 'lock', 'lock-03'])).code, 2);
    assert.match(await cli.ok(['device', 'show', 'lock', 'lock-03']), /^state +offline$/m);
    await cli.ok(['device', 'remove', 'lock', 'lock-03', '--yes']);
    assert.equal((await cli.run(['device', 'show', 'lock', 'lock-03'])).code, 4);
  });

  it('watch prints a line for each change', async () => {
    const child = cli.spawn(['device', 'watch', 'lock', 'lock-01', '--interval', '1', '--json']);
    const lines: { enabled: boolean }[] = [];
    for await (const chunk of child.stdout!.setEncoding('utf8')) {
      lines.push(
        ...String(chunk)
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
      if (lines.length === 2) break;
      await cli.client.devices.update('lock', 'lock-01', { enabled: false });
    }
    child.kill('SIGINT');
    assert.deepEqual(
      lines.map(({ enabled }) => enabled),
      [true, false],
    );
  });
});

describe('people', () => {
  it('a viewer may look and not touch', async () => {
    const made = await cli.json([
      'user',
      'create',
      'wang',
      '--role',
      'viewer',
      '--email',
      'wang@example.com',
    ]);
    assert.ok(made.oneTimePassword.length > 10);
    const viewer = await Cli.create();
    const currentPassword: string = made.oneTimePassword;
    await viewer.signIn(server.url, 'wang', currentPassword);
    await viewer.client.session.changePassword({ currentPassword, newPassword: 'the own password of wang' });
    assert.match(await viewer.ok(['product', 'show', 'lock']), /^switch +off$/m);
    const { code, stderr } = await viewer.run(['product', 'disable', 'lock', '--json']);
    assert.equal(code, 3);
    assert.equal(JSON.parse(stderr).code, 'forbidden');
    await cli.ok(['user', 'update', 'wang', '--disable']);
    assert.equal((await viewer.run(['whoami'])).code, 3);
    await viewer[Symbol.asyncDispose]();
  });

  it('what they did is in the audit log', async () => {
    const { items } = await cli.json(['audit', '--actor', 'wang', '--product', 'lock']);
    assert.equal(items[0].outcome, 'refused');
    assert.match(await cli.ok(['audit', '--limit', '1']), /user\.update/);
  });
});

describe('api', () => {
  it('sends what is given and prints the body as it came', async () => {
    const body = '{"enabled":true}';
    const changed = JSON.parse(await cli.ok(['api', '/products/lock', '-X', 'PATCH', '-d', body]));
    assert.equal(changed.enabled, true);
    const put = ['api', 'products/lock/draft', '-X', 'put', '-d', '@-', '-H', 'If-None-Match: *'];
    await cli.ok(put, { stdin: '{ "a": 1.0 }' });
    assert.equal(await cli.ok(['api', '/api/v1/products/lock/draft']), '{ "a": 1.0 }');
  });

  it('refuses an address, to which the token would go', async () => {
    const { code } = await cli.run(['api', 'http://127.0.0.1:1/products']);
    assert.equal(code, 2);
  });
});

describe('doctor', () => {
  it('says what it did not look at, and its self-test leaves nothing behind', async () => {
    const plain = await cli.json(['doctor']);
    const states = Object.fromEntries(
      plain.checks.map((check: { name: string; state: string }) => [check.name, check.state]),
    );
    assert.deepEqual(
      [states['sign-in'], states['public URL'], states.disk, states['MQTT port'], states['download link']],
      ['ok', 'warning', 'ok', 'ok', 'skipped'],
    );

    await cli.client.versions.create('lock');
    const tested = await cli.ok(['doctor', '--mqtt', server.mqtt, '--self-test', 'lock']);
    assert.match(tested, /^ok +device +a new device connects and is answered 200$/m);
    assert.match(tested, /^ok +download +12 B, digest right/m);
    assert.match(tested, /^warning +download link +\d+ characters.*set OPENCOTA_PUBLIC_URL$/m);
    assert.deepEqual((await cli.client.devices.list('lock', { search: 'doctor' })).items, []);
  });

  it('without a server ends with exit code 8', async () => {
    const { code, stdout } = await cli.run([
      'doctor',
      '--url',
      'http://127.0.0.1:1',
      '--mqtt',
      '127.0.0.1:1',
    ]);
    assert.equal(code, 8);
    assert.match(stdout, /^failed +server/m);
    assert.match(stdout, /^failed +MQTT port/m);
  });
});
