/** A rollout as the API shows it, and where a push comes from. */
import type * as contract from '@opencota/contract/http/rollouts';
import type { FastifyRequest } from 'fastify';
import type { RolloutView } from '../../service/rollouts.ts';
import type { PushContext } from '../../service/step-up.ts';
import { time, timeOrNull } from '../api.ts';
import { readBrowserCookie } from '../identity.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request comes from a network that needs no second factor; set in `app.ts`. */
    isTrustedNetwork: boolean;
  }
}

export function pushContext(request: FastifyRequest): PushContext {
  return { trustedBrowserToken: readBrowserCookie(request), isTrustedNetwork: request.isTrustedNetwork };
}

export function rolloutView({
  rollout,
  progress,
  outcome,
  reason,
  allowedActions,
}: RolloutView): contract.RolloutView {
  return {
    id: rollout.id,
    productKey: rollout.productKey,
    version: rollout.version,
    sha256: rollout.sha256,
    state: rollout.state,
    pauseReason: rollout.pauseReason,
    outcome,
    reason,
    allowedActions: [...allowedActions],
    doneWhen: rollout.doneWhen,
    deviceTotal: rollout.deviceTotal,
    counters: progress.counts,
    open: progress.openCount,
    waves: [{ number: 1, deviceTotal: rollout.deviceTotal }],
    createdAt: time(rollout.createdAt),
    createdBy: rollout.createdBy,
    note: rollout.note,
    deadlineAt: time(rollout.deadlineAt),
    endedAt: timeOrNull(rollout.endedAt),
  };
}
