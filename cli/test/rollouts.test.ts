import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { Cli, resultOf } from './support/cli.ts';
import { TestServer } from './support/server.ts';

let server: TestServer;
let cli: Cli;
let fleet: ChildProcess;

before(async () => {
  server = await TestServer.start();
  cli = await Cli.signedIn(server);
  await createProduct('lamp');
  fleet = await startFleet('lamp', 'good=1', 4);
});
after(async () => {
  await stopFleet(fleet);
  await cli[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function createProduct(productKey: string): Promise<void> {
  await cli.client.products.create({ name: productKey, productKey });
  await cli.client.products.update(productKey, {
    enabled: true,
    coolDownSeconds: 0,
    requestPolicy: 'rolledOut',
  });
}

/** Simulated devices, all of them online when this resolves. */
async function startFleet(productKey: string, shares: string, devices: number): Promise<ChildProcess> {
  const args = ['--devices', String(devices), '--mix', shares, '--prefix', `${productKey}-`];
  const child = cli.spawn(['simulate', productKey, ...args]);
  child.stdout!.resume();
  for await (const line of createInterface({ input: child.stderr! })) {
    if (line.includes(`online ${devices}/${devices}`)) break;
  }
  child.stderr!.resume();
  return child;
}

async function stopFleet(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function saveVersion(productKey: string, config: unknown): Promise<void> {
  const { etag } = await cli.client.drafts.get(productKey);
  await cli.client.drafts.put(productKey, { content: JSON.stringify(config), etag });
  await cli.client.versions.create(productKey);
}

/** What a script in CI has: the right to push without a second factor. */
async function unattended(): Promise<Record<string, string>> {
  const scopes = ['read', 'rollouts:write', 'rollouts:unattended'];
  const { token } = await cli.client.tokens.create({ name: `ci-${performance.now()}`, scopes });
  return { OPENCOTA_URL: server.url, OPENCOTA_TOKEN: token };
}

describe('rollout start', () => {
  it('without a terminal wants --yes, and then the second factor', async () => {
    await saveVersion('lamp', { brightness: 1 });
    const unconfirmed = await cli.run(['rollout', 'start', 'lamp']);
    assert.equal(unconfirmed.code, 2);
    assert.match(unconfirmed.stderr, /4 devices: 4 online, 0 offline/);
    assert.match(unconfirmed.stderr, /--yes/);
    const { code, stderr } = await cli.run(['rollout', 'start', 'lamp', '--yes', '--json']);
    assert.equal(code, 6);
    const { code: problem, requestId } = JSON.parse(stderr);
    assert.equal(problem, 'step-up-required');
    assert.ok(requestId.length > 10);
    assert.deepEqual((await cli.client.rollouts.list('lamp')).items, []);
  });

  it('takes the code from standard input, pushes, and watches to a success', async () => {
    const stdin = server.nextCode().then((code) => `${code}\n`);
    const args = ['rollout', 'start', 'lamp', '--yes', '--code-stdin', '--watch', '--json'];
    const { code, stdout, stderr } = await runWhileAsked(args, stdin);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines[0].deviceTotal, 4);
    assert.deepEqual([lines.at(-1).state, lines.at(-1).outcome], ['completed', 'succeeded']);
    assert.equal(lines.at(-1).counters.applied, 4);
  });

  it('is refused in the cool-down, before anybody is asked', async () => {
    await cli.client.products.update('lamp', { coolDownSeconds: 3600 });
    const { code, stderr } = await cli.run(['rollout', 'start', 'lamp', '--json']);
    assert.equal(code, 6);
    assert.equal(JSON.parse(stderr).code, 'cool-down');
    assert.ok(Date.parse(JSON.parse(stderr).nextAllowedAt) > Date.now());
    await cli.client.products.update('lamp', { coolDownSeconds: 0 });
  });

  it('is refused while the switch is off', async () => {
    await cli.client.products.update('lamp', { enabled: false });
    const { code, stderr } = await cli.run(['rollout', 'start', 'lamp', '--yes', '--json']);
    assert.equal(code, 6);
    assert.equal(JSON.parse(stderr).code, 'switch-off');
    await cli.client.products.update('lamp', { enabled: true });
  });
});

/** The code exists only once it was asked for, so the input is opened before and written after. */
async function runWhileAsked(args: readonly string[], stdin: Promise<string>) {
  const child = cli.spawn(args);
  const ended = resultOf(child);
  child.stdin!.write(await stdin);
  return ended;
}

describe('an unattended token', () => {
  it('rolls back without a code: an old content becomes a new version and is pushed', async () => {
    await saveVersion('lamp', { brightness: 2 });
    const env = await unattended();
    const { code, stdout, stderr } = await cli.run(
      ['rollout', 'back', 'lamp', '--to', '1', '--yes', '--watch'],
      { env },
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Version 3 has the content of version 1\. Rollout 2 started/);
    assert.match(stdout, /Rollout 2 succeeded: version 3 of lamp, completed/);
    assert.equal(Buffer.from(await cli.client.versions.content('lamp', 3)).toString(), '{"brightness":1}');
  });

  it('ends with exit code 7 when devices fail, and shows which', async () => {
    await createProduct('bad');
    const failing = await startFleet('bad', 'failing=1', 2);
    await saveVersion('bad', { a: 1 });
    const env = await unattended();
    const { code, stdout } = await cli.run(['rollout', 'start', 'bad', '--yes', '--watch'], { env });
    assert.equal(code, 7);
    assert.match(stdout, /did not succeed/);
    const { items } = await cli.client.rollouts.list('bad');
    const { id } = items[0]!;
    const shown = await cli.json(['rollout', 'show', String(id)]);
    assert.deepEqual(
      shown.deliveries.items.map((each: { state: string }) => each.state),
      ['failed', 'failed'],
    );
    assert.match(await cli.ok(['rollout', 'show', String(id)]), /^bad-1 +failed +1/m);
    assert.equal(await stopFleet(failing), 0);
  });
});

describe('rollout watch', () => {
  it('goes on over a restart of the server, ends in time when it is told to, and with a cancelled rollout', async () => {
    await cli.client.devices.create('lamp', { deviceName: 'never-there' });
    const env = await unattended();
    await saveVersion('lamp', { brightness: 3 });
    const { id } = await cli.json(['rollout', 'start', 'lamp', '--yes'], { env });

    const early = await cli.run(['rollout', 'watch', String(id), '--timeout', '1', '--json']);
    assert.equal(early.code, 7);
    assert.equal(JSON.parse(early.stderr).code, 'watch-timeout');

    const watcher = cli.spawn(['rollout', 'watch', String(id)]);
    const ended = resultOf(watcher);
    await said(watcher, /running/);
    await server.kill();
    await said(watcher, /connection lost/);
    await server.run();
    await cli.ok(['rollout', 'cancel', String(id), '--yes']);
    const { code, stdout } = await ended;
    assert.equal(code, 7);
    assert.match(stdout, /did not succeed: version 4 of lamp, cancelled/);
    assert.equal((await cli.run(['rollout', 'resume', String(id)])).code, 5);
  });

  it('of a rollout that is not there ends with exit code 4', async () => {
    assert.equal((await cli.run(['rollout', 'watch', '999'])).code, 4);
  });
});

function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const listen = (text: string) => {
      if (!pattern.test(text)) return;
      child.stderr!.off('data', listen);
      resolve();
    };
    child.stderr!.on('data', listen);
  });
}
