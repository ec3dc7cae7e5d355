/**
 * What the driver was promised, to be compared with what the server has after a fault.
 *
 * Every save and push has a number. What was answered must be there; what was not answered may be
 * there, once; nothing may be there twice: versions, audit lines, rollouts, deliveries of a device.
 */
import assert from 'node:assert/strict';
import type { ApiClient } from '../support/api-client.ts';
import type { KillBench } from '../support/kill-bench.ts';
import { findDevice, listDeliveries } from '../support/test-product.ts';

type Version = { number: number; sha256: string; origin?: { kind: string } };

type Rollout = { id: number; version: number; sha256: string; state: string };

export class Ledger {
  readonly saved: Version[] = [];
  readonly pushed: { id: number; version: number }[] = [];

  /** Saves and writes the answer down; undefined: there was none. */
  async save(bench: KillBench): Promise<Version | undefined> {
    const { number, sha256 } = await bench.save().catch(noAnswer);
    if (number === undefined) return undefined;
    this.saved.push({ number, sha256 });
    return { number, sha256 };
  }

  async push(bench: KillBench, version: number): Promise<number | undefined> {
    const { id } = await bench.push(version).catch(noAnswer);
    if (id !== undefined) this.pushed.push({ id, version });
    return id;
  }

  /** A rollback's answer: a version and its rollout. */
  rolledBack({ version, rollout }: { version: Version; rollout: { id: number } }): void {
    this.saved.push({ number: version.number, sha256: version.sha256 });
    this.pushed.push({ id: rollout.id, version: version.number });
  }

  /**
   * A PUBACK to a confirmation: the server knows that the device runs this version or a newer one. Not so
   * for a rollout that was stopped or overtaken: a late word about it may count for nothing.
   */
  async checkReports({ admin, productKey, fleet }: KillBench): Promise<void> {
    const rollouts = await listAll<Rollout>(admin, `/products/${productKey}/rollouts`);
    const wanted = rollouts.filter(({ state }) => state === 'running' || state === 'completed');
    for (const { identity, pushes, acknowledgedReplies } of fleet) {
      const confirmed = pushes
        .filter(({ id }) => acknowledgedReplies.includes(id))
        // A rollback has the content of an older version: the lowest number is what is sure.
        .map(({ sign }) => wanted.findLast(({ sha256 }) => sha256 === sign)?.version ?? 0);
      const { confirmedVersion } = await findDevice(admin, identity);
      const known = Math.max(0, ...confirmed);
      assert.ok(
        confirmedVersion >= known,
        `${identity.deviceName}: version ${known} was confirmed and acknowledged, ${confirmedVersion} is there`,
      );
    }
  }

  async check(bench: KillBench): Promise<void> {
    const { admin, productKey, fleet } = bench;
    const versions = await listAll<Version>(admin, `/products/${productKey}/versions`);
    const found = new Map(versions.map(({ number, sha256 }) => [number, sha256]));
    for (const { number, sha256 } of this.saved)
      assert.equal(found.get(number), sha256, `version ${number} was answered and is not there`);
    assertNoneTwice(
      versions.map(({ number }) => number),
      'version number',
    );
    assertNoneTwice(
      versions.filter(({ origin }) => origin?.kind === 'editor').map(({ sha256 }) => sha256),
      'content',
    );
    const rollouts = await listAll<{ id: number; version: number }>(
      admin,
      `/products/${productKey}/rollouts`,
    );
    const started = new Map(rollouts.map(({ id, version }) => [id, version]));
    for (const { id, version } of this.pushed)
      assert.equal(started.get(id), version, `rollout ${id} was answered and is not there`);
    assertNoneTwice(
      rollouts.map(({ version }) => version),
      'rollout of version',
    );
    await checkAudit(admin, productKey, versions.length, rollouts.length);
    for (const { id } of rollouts) {
      const names = (await listDeliveries(admin, id)).map(({ deviceName }) => deviceName);
      assertNoneTwice(names, `delivery of rollout ${id} to`);
    }
    for (const device of fleet)
      assertNoneTwice(
        device.pushes.map(({ id }) => id),
        'attempt',
      );
  }
}

/** One line for each version and each rollout: written with them or not at all. */
async function checkAudit(
  admin: ApiClient,
  productKey: string,
  versions: number,
  rollouts: number,
): Promise<void> {
  const lines = await listAll<{ action: string; outcome: string }>(admin, `/audit?productKey=${productKey}`);
  const count = (wanted: string) =>
    lines.filter(({ action, outcome }) => action === wanted && outcome === 'ok').length;
  assert.deepEqual(
    { saves: count('version.save'), pushes: count('rollout.start') },
    { saves: versions, pushes: rollouts },
    'audit lines',
  );
}

function assertNoneTwice(items: readonly (string | number)[], what: string): void {
  const twice = items.filter((item, index) => items.indexOf(item) !== index);
  assert.deepEqual(twice, [], `${what} more than once`);
}

/** Every page of a list. */
export async function listAll<Item>(admin: ApiClient, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '500', ...(cursor && { cursor }) });
    const answer = await admin.get(`${path}${path.includes('?') ? '&' : '?'}${query}`);
    assert.equal(answer.status, 200, answer.text);
    items.push(...answer.body.items);
    cursor = answer.body.nextCursor;
  } while (cursor !== null);
  return items;
}

/** A connection that broke is no answer. An answer that is a refusal is not meant here. */
function noAnswer(error: unknown): Record<string, never> {
  if (error instanceof assert.AssertionError) throw error;
  return {};
}
