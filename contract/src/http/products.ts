/** Products, their drafts, schemas and versions. */
import { type Static, Type } from 'typebox';
import { Time, TimeOrNull } from './common.ts';

const DoneWhen = Type.Union([Type.Literal('downloaded'), Type.Literal('applied')], {
  description: 'What counts as done. Unmodified Link SDKs say nothing on success: downloaded',
});
const RequestPolicy = Type.Union([Type.Literal('saved'), Type.Literal('rolledOut')], {
  description: 'Which version a requesting device gets: the latest saved, or the latest rolled out',
});
const Retention = Type.Union([Type.Integer({ minimum: 5, maximum: 1_000_000 }), Type.Null()], {
  description: 'Versions kept; null: all',
});

export const NewProductBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    productKey: Type.Optional(Type.String({ maxLength: 64 })),
    productSecret: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'The secret fielded devices know already; without it one is made',
      }),
    ),
  },
  { additionalProperties: false },
);

const settings = {
  name: Type.String({ minLength: 1, maxLength: 100 }),
  enabled: Type.Boolean({ description: 'The switch. Off stops pushes, refuses requests and kills links' }),
  coolDownSeconds: Type.Integer({ minimum: 0, maximum: 604_800 }),
  doneWhen: DoneWhen,
  requestPolicy: RequestPolicy,
  configBytesMax: Type.Integer({ minimum: 1, maximum: 1_048_576 }),
  attemptTimeoutSeconds: Type.Integer({ minimum: 1, maximum: 3_600 }),
  deadlineSeconds: Type.Integer({ minimum: 1, maximum: 7_776_000 }),
  registrationAllowed: Type.Boolean({
    description: 'Devices may register themselves with the product secret',
  }),
  unknownDevicesAllowed: Type.Boolean({ description: '… also devices that nobody created before' }),
  strongSignRequired: Type.Boolean({ description: 'Refuse HMAC-MD5 and HMAC-SHA1' }),
  retentionVersions: Retention,
};

/** Where a rollout stands, in three words. */
export const rolloutState = {
  state: Type.Enum(['running', 'paused', 'completed', 'cancelled', 'superseded']),
  pauseReason: Type.Union([Type.Literal('operator'), Type.Literal('switch-off'), Type.Null()]),
  outcome: Type.Enum(['open', 'succeeded', 'incomplete']),
};
const Count = Type.Integer({ minimum: 0 });
const LatestRollout = Type.Object({
  id: Type.Integer(),
  version: Type.Integer(),
  ...rolloutState,
  deviceTotal: Count,
  open: Type.Integer({ minimum: 0, description: 'Deliveries on which something is still expected' }),
  failed: Type.Integer({
    minimum: 0,
    description: 'Deliveries that failed, were reverted, timed out or were not reached',
  }),
  createdAt: Time,
  endedAt: TimeOrNull,
});

export const ProductView = Type.Object({
  productKey: Type.String(),
  ...settings,
  deviceCount: Type.Integer(),
  onlineCount: Type.Integer(),
  latestVersion: Type.Integer({ description: '0: none' }),
  rolledOutVersion: Type.Integer({ description: '0: none' }),
  onRolledOutVersion: Type.Integer({
    minimum: 0,
    description: 'Devices that last downloaded rolledOutVersion',
  }),
  latestRollout: Type.Union([LatestRollout, Type.Null()], { description: 'The newest; null: none yet' }),
  createdAt: Time,
});
export type ProductView = Static<typeof ProductView>;
export const ProductDetail = Type.Object({
  ...ProductView.properties,
  usage: Type.Array(Type.Object({ version: Type.Integer(), deviceCount: Type.Integer() }), {
    description: 'Devices by the version they last downloaded',
  }),
});
export const NewProductView = Type.Object({
  ...ProductView.properties,
  productSecret: Type.String({ description: 'Shown once' }),
});
export const ProductPatch = Type.Partial(Type.Object(settings), {
  additionalProperties: false,
  minProperties: 1,
});
export type ProductPatch = Static<typeof ProductPatch>;
export const ProductSecretView = Type.Object({ productSecret: Type.String({ description: 'Shown once' }) });

export const ConfigProblemView = Type.Object({
  reason: Type.String(),
  message: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
  offset: Type.Integer(),
  path: Type.Optional(Type.String()),
});
export const DraftWritten = Type.Object({
  revision: Type.Integer(),
  size: Type.Integer(),
  updatedAt: Time,
  updatedBy: Type.String(),
  problems: Type.Array(ConfigProblemView, { description: 'What a save would refuse' }),
  warnings: Type.Array(ConfigProblemView),
});
export const DraftRestored = Type.Object({
  revision: Type.Integer(),
  updatedAt: Time,
  updatedBy: Type.String(),
});
export const SchemaWritten = Type.Object({
  ...DraftRestored.properties,
  notes: Type.Array(
    Type.Object({
      severity: Type.Literal('note'),
      reason: Type.String(),
      pointer: Type.String({ description: 'JSON Pointer into the schema' }),
      message: Type.String(),
    }),
    { description: 'What is checked less strictly than it says' },
  ),
});

const Origin = Type.Union([
  Type.Object({ kind: Type.Literal('editor') }),
  Type.Object({ kind: Type.Literal('rollback'), fromVersion: Type.Integer() }),
]);
export const VersionView = Type.Object({
  number: Type.Integer(),
  configId: Type.String(),
  size: Type.Integer({ description: 'Bytes' }),
  sha256: Type.String(),
  author: Type.String(),
  note: Type.String(),
  origin: Origin,
  createdAt: Time,
});
export type VersionView = Static<typeof VersionView>;
export const SaveBody = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 500 })) },
  { additionalProperties: false },
);
export const SavedView = Type.Object({ ...VersionView.properties, warnings: Type.Array(ConfigProblemView) });
export const VersionParams = Type.Object({
  productKey: Type.String({ minLength: 1, maxLength: 64 }),
  number: Type.String({ pattern: '^[0-9]{1,15}$' }),
});
export const DiffQuery = Type.Object({
  from: Type.String({ pattern: '^[0-9]{1,15}$' }),
  to: Type.String({ pattern: '^[0-9]{1,15}$' }),
});
export const DiffView = Type.Object({
  from: VersionView,
  to: VersionView,
  text: Type.String({ description: 'Unified diff' }),
  changes: Type.Array(
    Type.Object({
      op: Type.Union([Type.Literal('add'), Type.Literal('remove'), Type.Literal('replace')]),
      path: Type.String({ description: 'JSON Pointer' }),
      from: Type.Optional(Type.String()),
      to: Type.Optional(Type.String()),
      cut: Type.Boolean({ description: 'A value was too long to be shown whole' }),
    }),
  ),
  truncated: Type.Boolean(),
  textOnly: Type.Boolean({ description: 'The texts differ, their meaning does not' }),
});
