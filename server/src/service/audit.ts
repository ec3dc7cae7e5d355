/** Reading the audit log, and what was refused to readers (R21). Changes are everyone's own business (`audited.ts`). */
import type { Clock } from '../domain/clock.ts';
import type { Actor } from '../domain/people.ts';
import type { AuditEntry, PageOf, Store } from '../domain/store-port.ts';
import { auditEntry, demand } from './audited.ts';

export type AuditFilter = { productKey?: string; actor?: string; action?: string };

export interface AuditService {
  /** Newest first. */
  list(actor: Actor, filter: AuditFilter, page: PageOf<number>): Promise<(AuditEntry & { id: number })[]>;
  /** Records that somebody was not let read `target`. */
  readRefused(actor: Actor, target: string, detail: { code: string; message: string }): Promise<void>;
}

export function createAuditService({ store, clock }: { store: Store; clock: Clock }): AuditService {
  return {
    async list(actor, filter, page) {
      demand(actor, 'admin');
      return store.read((tx) => tx.audit.list(filter, page));
    },
    async readRefused(actor, target, detail) {
      const deed = { action: 'read', productKey: null, target };
      const entry: AuditEntry = {
        ...auditEntry(actor, deed, clock.now().wallMs, detail),
        outcome: 'refused',
      };
      // A store that cannot take the line must not hide the refusal itself.
      await store.write((tx) => tx.audit.append(entry)).catch(() => undefined);
    },
  };
}
