/** The server itself: where it listens, what it can send, and, for administrators, its settings. */
import { type Static, Type } from 'typebox';
import { Time } from './common.ts';

const Port = Type.Integer({ minimum: 1, maximum: 65_535 });
const PortOrNull = Type.Union([Port, Type.Null()], { description: 'null: not open' });

export const SettingView = Type.Object({
  name: Type.String(),
  value: Type.String({ description: 'In force; secrets are masked' }),
  default: Type.String(),
  meaning: Type.String(),
});
export const ServerView = Type.Object({
  version: Type.String(),
  apiVersion: Type.String(),
  publicUrl: Type.String({ description: 'Under which devices download' }),
  mqtt: Type.Object(
    { port: PortOrNull, tlsPort: PortOrNull, webSocketPath: Type.String() },
    { description: 'Where devices connect; the ports that are really open' },
  ),
  stepUpChannels: Type.Array(Type.Union([Type.Literal('sms'), Type.Literal('email'), Type.Literal('log')]), {
    description: 'How codes go out besides authenticator apps; log: nothing else is configured',
  }),
  smsConfigured: Type.Boolean(),
  emailConfigured: Type.Boolean(),
  limits: Type.Object({
    configBytesMax: Type.Integer({ description: 'The most that a product may allow' }),
    bulkRowsMax: Type.Integer({ description: 'Devices in one upload' }),
  }),
  startedAt: Time,
  time: Time,
  settings: Type.Optional(Type.Array(SettingView, { description: 'For administrators only' })),
  storage: Type.Optional(
    Type.Object(
      {
        storeBytes: Type.Integer({ description: 'The store with its log' }),
        freeBytes: Type.Integer({ description: 'Left on its disk' }),
      },
      { description: 'For administrators only' },
    ),
  ),
});
export type ServerView = Static<typeof ServerView>;

export const TestMessageBody = Type.Object(
  { channel: Type.Union([Type.Literal('sms'), Type.Literal('email')]) },
  { additionalProperties: false },
);
export const TestMessageView = Type.Object({
  channel: Type.String(),
  provider: Type.String(),
  address: Type.String({ description: 'Where the message went, masked' }),
});
