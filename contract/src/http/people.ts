/** Users, sessions, tokens, step-up, audit. */
import { type Static, Type } from 'typebox';
import { TextOrNull, Time, TimeOrNull } from './common.ts';

const RoleName = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('editor'),
  Type.Literal('operator'),
  Type.Literal('admin'),
]);
const Language = Type.Union([Type.Literal('en'), Type.Literal('zh')]);
const Password = Type.String({ maxLength: 256 });

export const SignInBody = Type.Object(
  { username: Type.String({ maxLength: 64 }), password: Password },
  { additionalProperties: false },
);
export const UserView = Type.Object({
  username: Type.String(),
  roles: Type.Array(RoleName),
  enabled: Type.Boolean(),
  phone: TextOrNull,
  email: TextOrNull,
  language: Language,
  hasTotp: Type.Boolean(),
  mustChangePassword: Type.Boolean(),
  createdAt: Time,
});
export type UserView = Static<typeof UserView>;
export const SessionView = Type.Object({
  token: Type.String({ description: 'For "Authorization: Bearer"; also set as a cookie' }),
  user: UserView,
  mustChangePassword: Type.Boolean({ description: 'The password is a one-time password; choose your own' }),
  expiresAt: Time,
});
export const SignInCodeBegun = Type.Object({
  code: Type.String({ description: 'To be shown to the person, who confirms it in a browser' }),
  secret: Type.String({ description: 'For the claim. Never shown' }),
  path: Type.String({ description: 'The page of the console that asks for the code' }),
  expiresAt: Time,
  intervalSeconds: Type.Integer({ description: 'How often a claim may be tried' }),
});
export const ClaimBody = Type.Object(
  { secret: Type.String({ maxLength: 64 }) },
  { additionalProperties: false },
);
export const ClaimView = Type.Object({
  session: Type.Union([SessionView, Type.Null()], { description: 'null: nobody has confirmed it yet' }),
});
export const SignInCodeView = Type.Object({
  code: Type.String(),
  remoteAddress: Type.String(),
  userAgent: Type.String(),
  createdAt: Time,
});
export const SignInDecision = Type.Object({ allow: Type.Boolean() }, { additionalProperties: false });

export const WhoView = Type.Object({
  name: Type.String(),
  kind: Type.Union([Type.Literal('user'), Type.Literal('token'), Type.Literal('system')]),
  permissions: Type.Array(Type.String()),
  user: Type.Union([UserView, Type.Null()]),
});
export const PasswordBody = Type.Object(
  { currentPassword: Password, newPassword: Password },
  { additionalProperties: false },
);
export const CurrentPasswordBody = Type.Object(
  { currentPassword: Password },
  { additionalProperties: false },
);
export const TotpBegun = Type.Object({
  secret: Type.String(),
  uri: Type.String({ description: 'otpauth:// address for a QR code' }),
});
export const TotpBody = Type.Object(
  { code: Type.String({ maxLength: 16 }) },
  { additionalProperties: false },
);
export const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) });

const Contact = {
  phone: Type.Optional(TextOrNull),
  email: Type.Optional(TextOrNull),
  language: Type.Optional(Language),
};
export const NewUserBody = Type.Object(
  {
    username: Type.String({ maxLength: 64 }),
    roles: Type.Optional(Type.Array(RoleName, { minItems: 1, maxItems: 4 })),
    role: Type.Optional(RoleName),
    password: Type.Optional(Password),
    ...Contact,
  },
  { additionalProperties: false },
);
export const NewUserView = Type.Object({
  user: UserView,
  oneTimePassword: Type.Optional(
    Type.String({ description: 'Made because no password was given. Shown once' }),
  ),
});
export const UserPatch = Type.Object(
  {
    roles: Type.Optional(Type.Array(RoleName, { minItems: 1, maxItems: 4 })),
    role: Type.Optional(RoleName),
    enabled: Type.Optional(Type.Boolean()),
    ...Contact,
  },
  { additionalProperties: false },
);

export const StepUpBody = Type.Object(
  {
    productKey: Type.Optional(Type.String({ maxLength: 64 })),
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    channel: Type.Optional(
      Type.Union([Type.Literal('sms'), Type.Literal('email'), Type.Literal('totp'), Type.Literal('log')]),
    ),
  },
  {
    additionalProperties: false,
    description: 'Without productKey and version: the push that was last refused in this session',
  },
);
export const ChallengeView = Type.Object({
  challengeId: Type.String(),
  channel: Type.String(),
  address: Type.String({ description: 'Where the code went, masked' }),
  expiresAt: Time,
});
export const CodeBody = Type.Object(
  { code: Type.String({ maxLength: 64 }), trustBrowser: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);
export const VerifiedView = Type.Object({ verified: Type.Literal(true), verifiedUntil: Time });

export const NewTokenBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    scopes: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 20 }),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365, description: 'Default 90' })),
    expiresAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Instead of expiresInDays: RFC 3339' }),
    ),
  },
  { additionalProperties: false },
);
export const TokenView = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  createdBy: Type.String(),
  createdAt: Time,
  expiresAt: Time,
  usedAt: TimeOrNull,
});
export const NewTokenView = Type.Object({
  token: Type.String({ description: 'Shown once' }),
  ...TokenView.properties,
});

export const AuditView = Type.Object({
  id: Type.Integer(),
  at: Time,
  actor: Type.String(),
  remoteAddress: Type.String(),
  action: Type.String(),
  outcome: Type.Union([Type.Literal('ok'), Type.Literal('refused')]),
  productKey: TextOrNull,
  target: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
