/**
 * One transaction in somebody's name.
 *
 * A request is judged when it comes; its transaction may have to wait for others, and one of those may sign the
 * person out, disable the account or take the right away. What was answered then is true from then on, so it is
 * looked at again, in the transaction's own turn.
 */
import { DomainError } from '../domain/errors.ts';
import { type Actor, isPermitted } from '../domain/people.ts';
import type { Store, Tx } from '../domain/store-port.ts';

export function writeAs<T>(store: Store, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  return store.write(async (tx) => {
    await demandStanding(tx, actor);
    return work(tx);
  });
}

/** Refuses `unauthenticated`, or `forbidden` where the account has fewer rights by now. */
async function demandStanding({ people }: Tx, actor: Actor): Promise<void> {
  if (actor.kind === 'system') return;
  const { userId, sessionId, tokenSha256 } = actor;
  const account = userId === null ? undefined : await people.findAccountById(userId);
  const isSignedIn =
    (sessionId === null || (await people.findWebSession(sessionId)) !== undefined) &&
    (tokenSha256 === undefined || (await people.findToken(tokenSha256)) !== undefined);
  if (!account?.isEnabled || !isSignedIn)
    throw new DomainError('unauthenticated', 'You were signed out meanwhile. Nothing was changed.');
  if (![...actor.permissions].every((permission) => isPermitted(account.roles, permission)))
    throw new DomainError('forbidden', 'Your roles were changed meanwhile. Nothing was changed; try again.');
}
