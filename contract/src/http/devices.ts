/** Devices and deliveries. */
import { type Static, Type } from 'typebox';
import { NumberOrNull, PageQuery, TextOrNull, Time, TimeOrNull } from './common.ts';
import { DELIVERY_STATES } from './delivery-states.ts';

/** Tags are labels such as `beta` or `floor=3`; an object `{floor: "3"}` is read as `floor=3`. */
const Tags = Type.Union([
  Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }),
  Type.Record(Type.String(), Type.String({ maxLength: 64 })),
]);

export const NewDeviceBody = Type.Object(
  {
    deviceName: Type.String({ maxLength: 64 }),
    tags: Type.Optional(Tags),
    deviceSecret: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'The secret a fielded device has already; without it one is made',
      }),
    ),
  },
  { additionalProperties: false },
);
export const DevicePatch = Type.Object(
  { tags: Type.Optional(Tags), enabled: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
);
export const DeviceParams = Type.Object({
  productKey: Type.String({ minLength: 1, maxLength: 64 }),
  deviceName: Type.String({ minLength: 1, maxLength: 64 }),
});
const DeliveryStateName = Type.Enum([...DELIVERY_STATES]);
export const DeviceQuery = Type.Object({
  ...PageQuery,
  search: Type.Optional(Type.String({ maxLength: 64, description: 'The name starts with this' })),
  tag: Type.Optional(Type.String({ maxLength: 64 })),
  online: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])),
  version: Type.Optional(
    Type.String({ pattern: '^[0-9]{1,15}$', description: 'Last downloaded version; 0: none' }),
  ),
  enabled: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])),
  state: Type.Optional(
    Type.Enum([...DELIVERY_STATES], {
      description: "Of the device's delivery in the product's newest rollout",
    }),
  ),
});
export const DeviceErrorView = Type.Object({
  version: Type.Integer(),
  code: Type.Integer(),
  message: Type.String(),
  at: Time,
});
export const DeviceView = Type.Object({
  deviceName: Type.String(),
  productKey: Type.String(),
  tags: Type.Array(Type.String()),
  enabled: Type.Boolean(),
  online: Type.Boolean(),
  createdAt: Time,
  lastSeenAt: TimeOrNull,
  downloadedVersion: Type.Integer({
    description: '0: none; a content that came in a message counts when the device has confirmed it',
  }),
  downloadedAt: TimeOrNull,
  confirmedVersion: Type.Integer({ description: '0: none; unmodified Link SDKs never confirm' }),
  confirmedAt: TimeOrNull,
  lastError: Type.Union([DeviceErrorView, Type.Null()]),
});
export type DeviceView = Static<typeof DeviceView>;
export const DeviceListView = Type.Object({
  ...DeviceView.properties,
  deliveryState: Type.Union([DeliveryStateName, Type.Null()], {
    description: "Of its delivery in the product's newest rollout; null: it has none",
  }),
});
export type DeviceListView = Static<typeof DeviceListView>;
export const NewDeviceView = Type.Object({
  ...DeviceView.properties,
  deviceSecret: Type.String({ description: 'Shown once' }),
});
export const DeviceSecretView = Type.Object({ deviceSecret: Type.String({ description: 'Shown once' }) });
export const RotateBody = Type.Object(
  {
    immediate: Type.Optional(
      Type.Boolean({ description: 'true: the old secret dies at once and the device is disconnected' }),
    ),
  },
  { additionalProperties: false },
);

export const DeliveryView = Type.Object({
  rolloutId: Type.Integer(),
  deviceName: Type.String(),
  wave: Type.Integer(),
  version: Type.Integer(),
  sha256: Type.String({ description: 'The digest of what it carries' }),
  state: DeliveryStateName,
  open: Type.Boolean({ description: 'Something is still expected' }),
  attempt: Type.Integer(),
  code: NumberOrNull,
  message: TextOrNull,
  sentAt: TimeOrNull,
  receivedAt: TimeOrNull,
  downloadedAt: TimeOrNull,
  appliedAt: TimeOrNull,
  endedAt: TimeOrNull,
});
export const DeviceDetailView = Type.Object({
  ...DeviceView.properties,
  wantedVersion: Type.Integer({ description: 'What it should be running; 0: nothing yet' }),
  latestDelivery: Type.Union([DeliveryView, Type.Null()]),
});
export const DeliveryQuery = Type.Object({ ...PageQuery, state: Type.Optional(DeliveryStateName) });
export const ImportView = Type.Object({
  created: Type.Integer(),
  refused: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      row: Type.Integer(),
      deviceName: Type.String(),
      status: Type.Union([
        Type.Literal('created'),
        Type.Literal('exists'),
        Type.Literal('duplicate'),
        Type.Literal('invalid'),
        Type.Literal('failed'),
      ]),
      deviceSecret: Type.Optional(Type.String()),
      message: Type.Optional(Type.String()),
    }),
  ),
});
