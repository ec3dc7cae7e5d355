/** Reading the audit log (R21). Writing it is everyone's own business (`audited.ts`). */
import type { Actor } from '../domain/people.ts';
import type { AuditEntry, PageOf, Store } from '../domain/store-port.ts';
import { demand } from './audited.ts';

export type AuditFilter = { productKey?: string; actor?: string; action?: string };

export interface AuditService {
  /** Newest first. */
  list(actor: Actor, filter: AuditFilter, page: PageOf<number>): Promise<(AuditEntry & { id: number })[]>;
}

export function createAuditService({ store }: { store: Store }): AuditService {
  return {
    async list(actor, filter, page) {
      demand(actor, 'admin');
      return store.read((tx) => tx.audit.list(filter, page));
    },
  };
}
