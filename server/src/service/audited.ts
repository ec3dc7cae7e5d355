/**
 * The audit log's half that every service shares (R21): a change writes its entry in its own
 * transaction; a refusal is written here, on its way out.
 */
import type { Clock } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import type { Actor, Permission } from '../domain/people.ts';
import type { AuditEntry, Store } from '../domain/store-port.ts';

/** What is being done to what: the head of an audit entry. */
export type Deed = { action: string; productKey: string | null; target: string };

export function auditEntry(
  actor: Actor,
  deed: Deed,
  at: number,
  detail: Record<string, unknown> = {},
): AuditEntry {
  return { at, actor: actor.name, remoteAddress: actor.remoteAddress, outcome: 'ok', ...deed, detail };
}

export function demand(actor: Actor, permission: Permission): void {
  if (actor.permissions.has(permission)) return;
  const what = actor.kind === 'token' ? 'The token lacks the scope' : 'Your role does not include the right';
  throw new DomainError('forbidden', `${what} ${permission}. Ask an administrator.`, { permission });
}

/** Refusals of this kind are the caller's slip, not a decision worth a line. */
const UNRECORDED = new Set([
  'not-found',
  'product-not-found',
  'device-not-found',
  'version-not-found',
  'rollout-not-found',
  'invalid-request',
]);

/**
 * Runs `work`; when it is refused, the refusal is written to the audit log before it is passed on. `thin`: what a
 * refusal's line says beside its code and words; undefined: it gets no line.
 */
export async function recordingRefusals<T>(
  { store, clock }: { store: Store; clock: Clock },
  actor: Actor,
  deed: Deed,
  work: () => Promise<T>,
  thin: (refusal: DomainError) => Record<string, unknown> | undefined = () => ({}),
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const more = error instanceof DomainError && !UNRECORDED.has(error.code) ? thin(error) : undefined;
    if (error instanceof DomainError && more !== undefined) {
      const { code, message } = error;
      const entry: AuditEntry = {
        ...auditEntry(actor, deed, clock.now().wallMs, { code, message, ...more }),
        outcome: 'refused',
      };
      // A store that cannot take the line must not hide the refusal itself.
      await store.write((tx) => tx.audit.append(entry)).catch(() => undefined);
    }
    throw error;
  }
}
