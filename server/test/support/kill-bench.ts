/**
 * A server process that is killed again and again, and a fleet that outlives it.
 *
 * Devices connect to the same port whenever somebody listens there. What they saw is what counts at the
 * end: every push's message id (one attempt of one delivery) at most once, and everything that was
 * acknowledged still there.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { ApiClient } from './api-client.ts';
import { LeanDevice, type WireEvent } from './lean-device.ts';
import { type ProcessOptions, ServerProcess } from './server-process.ts';
import { createDevices, createProduct, numbered, untilOnline } from './test-product.ts';
import { until } from './test-server.ts';

/** For a thousand devices on a machine that has other things to do. */
const ONLINE_WITHIN_MS = 60_000;

export class KillBench implements AsyncDisposable {
  server: ServerProcess;
  admin: ApiClient;
  readonly fleet: LeanDevice[] = [];
  #productKey = '';
  #saved = 0;
  #onWire: (event: WireEvent) => void = () => {};

  private constructor(server: ServerProcess, admin: ApiClient) {
    this.server = server;
    this.admin = admin;
  }

  /** In a directory of its own, unless one is given; it is removed at the end. */
  static async start(options: Partial<ProcessOptions> = {}): Promise<KillBench> {
    const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'opencota-kill-')));
    const server = await ServerProcess.start({ ...options, dir });
    return new KillBench(server, await server.signIn());
  }

  get productKey(): string {
    return this.#productKey;
  }

  /** A product whose devices connect; `more` are registered as well and never come. */
  async addFleet(count: number, more = 0): Promise<void> {
    this.#productKey = (await createProduct(this.admin)).productKey;
    const names = [...numbered('lamp', count), ...numbered('absent', more)];
    const identities = await createDevices(this.admin, this.#productKey, names);
    for (const identity of identities.slice(0, count)) {
      const onWire = (event: WireEvent) => this.#onWire(event);
      this.fleet.push(new LeanDevice({ identity, port: this.server.mqttPort, onWire }).start());
    }
    await untilOnline(this.admin, this.#productKey, count, ONLINE_WITHIN_MS);
  }

  /** How many versions were saved, or tried to be. */
  get saved(): number {
    return this.#saved;
  }

  /** Saves the next version. @returns its number and digest. */
  save(): Promise<{ number: number; sha256: string }> {
    this.#saved += 1;
    return this.admin.saveVersion(this.#productKey, JSON.stringify({ content: this.#saved }));
  }

  /** With the version as the key that makes it repeatable: a second call starts nothing new. */
  async push(version: number, more: Record<string, unknown> = {}): Promise<RolloutView> {
    const path = `/products/${this.#productKey}/rollouts`;
    const answer = await this.admin.post(
      path,
      { version, ...more },
      { 'idempotency-key': `${path} ${version}` },
    );
    assert.equal(answer.status, 202, answer.text);
    return answer.body;
  }

  act(rolloutId: number, action: string) {
    return this.admin.post(`/rollouts/${rolloutId}/actions/${action}`);
  }

  /** Kills at the n-th such event at any device from now on; the signal is on its way when this resolves. */
  killAt(event: WireEvent, count = 1): Promise<void> {
    return this.at(event, count, () => this.server.signal('SIGKILL'));
  }

  at(event: WireEvent, count: number, act: () => void): Promise<void> {
    let left = count;
    return new Promise((resolve) => {
      this.#onWire = (happened) => {
        if (happened !== event) return;
        left -= 1;
        if (left > 0) return;
        this.#onWire = () => {};
        act();
        resolve();
      };
    });
  }

  /** After a kill: another process on the same directory and ports. */
  async restart(changed: Partial<ProcessOptions> = {}): Promise<void> {
    await this.server.kill();
    this.server = await this.server.restart(changed);
    this.admin = this.server.client(this.admin.token);
  }

  /** Waits until every device of the fleet runs this and the server knows. */
  async untilAllRun(sha256: string, rolloutId: number): Promise<void> {
    await until(`every device runs it`, () => this.fleet.every((device) => device.runs === sha256), 20_000);
    await until(
      'the server knows',
      async () => {
        const { counters } = (await this.admin.get(`/rollouts/${rolloutId}`)).body;
        return counters.applied === this.fleet.length;
      },
      20_000,
    );
  }

  /** No device saw the same attempt of the same delivery twice. */
  assertNoAttemptTwice(): void {
    for (const { identity, pushes } of this.fleet) {
      const ids = pushes.map((push) => push.id);
      assert.equal(new Set(ids).size, ids.length, `${identity.deviceName} saw ${ids.join(', ')}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const device of this.fleet) device.stop();
    await this.server.kill();
    await rm(this.server.dir, { recursive: true, force: true });
  }
}
