/** Rollouts. */
import { type Static, Type } from 'typebox';
import { Time, TimeOrNull } from './common.ts';
import { rolloutState, VersionView } from './products.ts';

export const StartBody = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    note: Type.Optional(Type.String({ maxLength: 500 })),
    attemptTimeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600 })),
    deadlineSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 7_776_000 })),
  },
  { additionalProperties: false },
);
export const PreviewBody = Type.Object(
  { version: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);
export const PreviewView = Type.Object({
  version: VersionView,
  devices: Type.Object({
    total: Type.Integer(),
    online: Type.Integer(),
    offline: Type.Integer(),
    alreadyOnVersion: Type.Integer(),
  }),
  enabled: Type.Boolean({ description: 'The switch' }),
  nextAllowedAt: TimeOrNull,
});
export const RollBackBody = Type.Object(
  { toVersion: Type.Integer({ minimum: 1 }), note: Type.Optional(Type.String({ maxLength: 500 })) },
  { additionalProperties: false },
);

const Count = Type.Integer({ minimum: 0 });
export const Counters = Type.Object({
  pending: Count,
  sent: Count,
  received: Count,
  downloaded: Count,
  applied: Count,
  failed: Count,
  reverted: Count,
  timedOut: Count,
  unreached: Count,
  cancelled: Count,
  superseded: Count,
});
export const RolloutView = Type.Object({
  id: Type.Integer(),
  productKey: Type.String(),
  version: Type.Integer(),
  sha256: Type.String(),
  ...rolloutState,
  reason: Type.String({ description: 'What it waits for, or how it ended, in words' }),
  allowedActions: Type.Array(Type.String(), { description: 'What would be accepted now, and do something' }),
  doneWhen: Type.Union([Type.Literal('downloaded'), Type.Literal('applied')]),
  deviceTotal: Type.Integer(),
  counters: Counters,
  open: Type.Integer({ description: 'Deliveries on which something is still expected' }),
  waves: Type.Array(Type.Object({ number: Type.Integer(), deviceTotal: Type.Integer() })),
  createdAt: Time,
  createdBy: Type.String(),
  note: Type.String(),
  deadlineAt: Time,
  endedAt: TimeOrNull,
});
export type RolloutView = Static<typeof RolloutView>;
export const RolloutParams = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,15}$' }) });
export const RolledBackView = Type.Object({
  version: VersionView,
  rollout: Type.Union([RolloutView, Type.Null()]),
  refusal: Type.Optional(
    Type.Object(
      { code: Type.String(), detail: Type.String() },
      { additionalProperties: true, description: 'Which gate refused the push' },
    ),
  ),
});
