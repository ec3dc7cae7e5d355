/**
 * Doing something once, however often it is asked for (P6): a request that starts something may carry an
 * idempotency key, and what it made is remembered in the very transaction that made it.
 */
import { DomainError } from '../domain/errors.ts';
import type { Actor } from '../domain/people.ts';
import type { Store, Tx } from '../domain/store-port.ts';

/** A key the caller chose, and the digest of the whole request: the same key for something else is a mistake. */
export type Once = { key: string; requestSha256: string };

/** What an earlier request with this key made, in the words `onceOnly` was given; undefined: nothing yet. */
export async function findMade(
  store: Store,
  actor: Actor,
  once: Once | undefined,
): Promise<string | undefined> {
  return once && store.read((tx) => find(tx, actor, once));
}

export type Made = { reference: string; isNew: boolean };

/** Runs `make` unless an earlier request with the key did. @returns a reference to what was made, and whether now. */
export async function onceOnly(
  tx: Tx,
  actor: Actor,
  once: Once | undefined,
  at: number,
  make: () => Promise<string>,
): Promise<Made> {
  if (once === undefined) return { reference: await make(), isNew: true };
  const earlier = await find(tx, actor, once);
  if (earlier !== undefined) return { reference: earlier, isNew: false };
  const reference = await make();
  await tx.upkeep.putIdempotent(actor.name, once.key, {
    requestSha256: once.requestSha256,
    reference,
    createdAt: at,
  });
  return { reference, isNew: true };
}

async function find(tx: Tx, actor: Actor, once: Once): Promise<string | undefined> {
  const row = await tx.upkeep.findIdempotent(actor.name, once.key);
  if (row !== undefined && row.requestSha256 !== once.requestSha256) {
    throw new DomainError(
      'idempotency-conflict',
      'This Idempotency-Key was used for another request. Use a new key for each new request.',
    );
  }
  return row?.reference;
}
