/** `/session`, `/users`, `/tokens`, `/audit`. */
import { Page, PageQuery } from '@opencota/contract/http/common';
import * as people from '@opencota/contract/http/people';
import { type Static, Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import { type Role, SCOPES, type Scope, type User } from '../../domain/people.ts';
import type { ApiToken } from '../../domain/store-port.ts';
import type { SignedIn } from '../../service/sign-in.ts';
import {
  type Api,
  isNumberKey,
  isTextKey,
  pageOf,
  readPage,
  type Services,
  time,
  timeOrNull,
} from '../api.ts';
import { clearSessionCookie, setSessionCookie } from '../identity.ts';

const UsernameParam = Type.Object({ username: Type.String({ maxLength: 64 }) });

export function userView(user: User): people.UserView {
  return {
    username: user.username,
    roles: [...user.roles],
    enabled: user.isEnabled,
    phone: user.phone,
    email: user.email,
    language: user.language,
    hasTotp: user.hasTotp,
    mustChangePassword: user.mustChangePassword,
    createdAt: time(user.createdAt),
  };
}

export function sessionView({ sessionToken, account, mustChangePassword, expiresAt }: SignedIn) {
  return { token: sessionToken, user: userView(account), mustChangePassword, expiresAt: time(expiresAt) };
}

export function sessionRoutes(app: Api, { signIn, accounts }: Services): void {
  const own = { schema: { tags: ['people'] } };
  app.post('/session', {
    config: { isPublic: true },
    schema: {
      tags: ['people'],
      summary: 'Sign in',
      body: people.SignInBody,
      response: { 201: people.SessionView },
    },
    async handler(request, reply) {
      const { username, password } = request.body;
      const userAgent = request.headers['user-agent'] ?? '';
      const signedIn = await signIn.signIn({ username, password, remoteAddress: request.ip, userAgent });
      setSessionCookie(request, reply, signedIn.sessionToken, signedIn.expiresAt);
      return reply.code(201).send(sessionView(signedIn));
    },
  });
  app.get('/session', {
    schema: { ...own.schema, summary: 'Who am I, and what may I do', response: { 200: people.WhoView } },
    async handler({ actor }) {
      const user =
        actor.userId === null || !actor.permissions.has('read')
          ? null
          : userView(await accounts.getOwn(actor));
      return { name: actor.name, kind: actor.kind, permissions: [...actor.permissions], user };
    },
  });
  app.delete('/session', {
    schema: { ...own.schema, summary: 'Sign out', response: { 204: Type.Null() } },
    async handler(request, reply) {
      await signIn.signOut(request.actor);
      clearSessionCookie(request, reply);
      return reply.code(204).send(null);
    },
  });
  app.put('/session/password', {
    schema: {
      ...own.schema,
      summary: 'Choose a new password; ends all other sessions',
      body: people.PasswordBody,
      response: { 200: people.UserView },
    },
    handler: async ({ actor, body }) => userView(await accounts.changeOwnPassword(actor, body)),
  });
  app.post('/session/totp', {
    schema: {
      ...own.schema,
      summary: 'Begin to enrol an authenticator app',
      body: people.CurrentPasswordBody,
      response: { 201: people.TotpBegun },
    },
    handler: async ({ actor, body }, reply) => reply.code(201).send(await accounts.beginTotp(actor, body)),
  });
  app.post('/session/totp/confirm', {
    schema: {
      ...own.schema,
      summary: 'Confirm it with its first code',
      body: people.TotpBody,
      response: { 200: people.RecoveryCodes },
    },
    handler: ({ actor, body }) => accounts.confirmTotp(actor, body.code),
  });
  app.post('/session/totp/remove', {
    schema: {
      ...own.schema,
      summary: 'Remove the authenticator app',
      body: people.CurrentPasswordBody,
      response: { 204: Type.Null() },
    },
    async handler({ actor, body }, reply) {
      await accounts.removeTotp(actor, body);
      return reply.code(204).send(null);
    },
  });
}

/** One role may come as `role`. */
function readRoles(role: Role | undefined, roles: readonly Role[] | undefined): readonly Role[] | undefined {
  return roles ?? (role === undefined ? undefined : [role]);
}

export function userRoutes(app: Api, { accounts }: Services): void {
  const tags = ['people'];
  app.get('/users', {
    schema: {
      tags,
      summary: 'List users',
      querystring: Type.Object(PageQuery),
      response: { 200: Page(people.UserView) },
    },
    async handler({ actor, query }) {
      const page = readPage(query, isTextKey);
      return pageOf(await accounts.list(actor, page), page.limit, userView, (user) => user.username);
    },
  });
  app.post('/users', {
    schema: {
      tags,
      summary: 'Create a user; without a password, a one-time password is made and shown once',
      body: people.NewUserBody,
      response: { 201: people.NewUserView },
    },
    async handler({ actor, body: { role, roles, ...rest } }, reply) {
      const given = readRoles(role, roles);
      if (given === undefined)
        throw new DomainError('invalid-request', 'Give the user at least one role in "roles".');
      const { account, oneTimePassword } = await accounts.create(actor, { ...rest, roles: given });
      return reply
        .code(201)
        .send({ user: userView(account), ...(oneTimePassword === undefined ? {} : { oneTimePassword }) });
    },
  });
  app.get('/users/:username', {
    schema: { tags, summary: 'One user', params: UsernameParam, response: { 200: people.UserView } },
    handler: async ({ actor, params }) => userView(await accounts.get(actor, params.username)),
  });
  app.patch('/users/:username', {
    schema: {
      tags,
      summary: 'Change roles, contact, or disable; works at once',
      params: UsernameParam,
      body: people.UserPatch,
      response: { 200: people.UserView },
    },
    async handler({ actor, params, body: { enabled, role, roles, ...rest } }) {
      const given = readRoles(role, roles);
      return userView(
        await accounts.update(actor, params.username, {
          ...rest,
          ...(given === undefined ? {} : { roles: given }),
          ...(enabled === undefined ? {} : { isEnabled: enabled }),
        }),
      );
    },
  });
  app.delete('/users/:username', {
    schema: { tags, summary: 'Remove a user', params: UsernameParam, response: { 204: Type.Null() } },
    async handler({ actor, params }, reply) {
      await accounts.remove(actor, params.username);
      return reply.code(204).send(null);
    },
  });
  app.post('/users/:username/reset-password', {
    schema: {
      tags,
      summary: 'Replace the password by a one-time password, shown once',
      params: UsernameParam,
      response: { 200: Type.Object({ oneTimePassword: Type.String() }) },
    },
    async handler({ actor, params }) {
      const { oneTimePassword } = await accounts.resetPassword(actor, params.username);
      return { oneTimePassword };
    },
  });
  app.post('/users/:username/reset-totp', {
    schema: {
      tags,
      summary: 'Take a lost authenticator off a user',
      params: UsernameParam,
      response: { 204: Type.Null() },
    },
    async handler({ actor, params }, reply) {
      await accounts.resetTotp(actor, params.username);
      return reply.code(204).send(null);
    },
  });
}

function tokenView(token: ApiToken): Static<typeof people.TokenView> {
  return {
    id: token.id,
    name: token.name,
    scopes: [...token.scopes],
    createdBy: token.createdBy,
    createdAt: time(token.createdAt),
    expiresAt: time(token.expiresAt),
    usedAt: timeOrNull(token.usedAt),
  };
}

function readScopes(names: readonly string[]): Scope[] {
  const known: ReadonlySet<string> = new Set(SCOPES);
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new DomainError(
      'invalid-request',
      `There is no scope ${JSON.stringify(unknown)}. The scopes are: ${SCOPES.join(', ')}.`,
    );
  }
  // Each was found among SCOPES.
  return [...new Set(names)] as Scope[];
}

export function tokenRoutes(app: Api, { tokens }: Services): void {
  const tags = ['people'];
  app.get('/tokens', {
    schema: {
      tags,
      summary: 'List API tokens',
      querystring: Type.Object(PageQuery),
      response: { 200: Page(people.TokenView) },
    },
    async handler({ actor, query }) {
      const page = readPage(query, isNumberKey);
      return pageOf(await tokens.list(actor, page), page.limit, tokenView, (token) => token.id);
    },
  });
  app.post('/tokens', {
    schema: {
      tags,
      summary: 'Create an API token, shown once',
      body: people.NewTokenBody,
      response: { 201: people.NewTokenView },
    },
    async handler({ actor, body: { scopes, expiresAt, ...rest } }, reply) {
      const { token, info } = await tokens.create(actor, {
        ...rest,
        scopes: readScopes(scopes),
        ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
      });
      return reply.code(201).send({ token, ...tokenView(info) });
    },
  });
  app.delete('/tokens/:id', {
    schema: {
      tags,
      summary: 'Remove an API token; it stops working at once',
      params: Type.Object({ id: Type.String({ pattern: '^[0-9]{1,15}$' }) }),
      response: { 204: Type.Null() },
    },
    async handler({ actor, params }, reply) {
      await tokens.remove(actor, Number(params.id));
      return reply.code(204).send(null);
    },
  });
}

const AuditQuery = Type.Object({
  ...PageQuery,
  productKey: Type.Optional(Type.String({ maxLength: 64 })),
  actor: Type.Optional(Type.String({ maxLength: 128 })),
  action: Type.Optional(Type.String({ maxLength: 64 })),
});

export function auditRoutes(app: Api, { audit }: Services): void {
  app.get('/audit', {
    schema: {
      tags: ['people'],
      summary: 'The audit log, newest first',
      querystring: AuditQuery,
      response: { 200: Page(people.AuditView) },
    },
    async handler({ actor, query: { cursor, limit, ...filter } }) {
      const page = readPage(
        { ...(cursor !== undefined && { cursor }), ...(limit !== undefined && { limit }) },
        isNumberKey,
      );
      const entries = await audit.list(actor, filter, page);
      return pageOf(
        entries,
        page.limit,
        ({ at, ...entry }) => ({ ...entry, at: time(at) }),
        (entry) => entry.id,
      );
    },
  });
}
