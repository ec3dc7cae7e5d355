/**
 * Who is asking: from a session or an API token to an actor.
 *
 * Nothing is cached. Two reads by key cost less than a cache that would have to learn at once of every
 * disabled account, changed role and removed token.
 */
import type { Clock, Instant } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { SESSION_IDLE_MS, SESSION_LIFETIME_MS } from '../domain/limits.ts';
import {
  type Actor,
  PERMISSIONS,
  type Permission,
  ROLE_PERMISSIONS,
  type Role,
  type Scope,
} from '../domain/people.ts';
import type { AccountRow, PeopleStore, Store, WebSessionRow } from '../domain/store-port.ts';
import { hashSecret, isSecret } from './secrets.ts';

export const API_TOKEN_PREFIX = 'oct_';
/** How exactly `usedAt` is kept. A write for every request would be too many. */
const TOUCH_INTERVAL_MS = 60_000;

export type Credentials = {
  /** What came as `Authorization: Bearer`: a session token or an API token. */
  bearer?: string | undefined;
  /** The session cookie's value. Not looked at when there is a bearer. */
  cookie?: string | undefined;
  remoteAddress: string;
};

export interface Identity {
  /** Refuses `unauthenticated`, with one message for all reasons. */
  identify(credentials: Credentials): Promise<Actor>;
}

/** Notes that a session or token was used. Returns at once. */
type Touch = (name: string, write: (people: PeopleStore) => Promise<void>) => void;

export function createIdentityService({ store, clock }: { store: Store; clock: Clock }): Identity {
  const underWay = new Set<string>();
  // Nobody who only reads waits for a disk, and of many requests at once one is noted. A time that cannot be noted,
  // on a full disk, is left as it was.
  const touch: Touch = (name, write) => {
    if (underWay.has(name)) return;
    underWay.add(name);
    const forget = () => void underWay.delete(name);
    store.write(({ people }) => write(people)).then(forget, forget);
  };
  return {
    async identify({ bearer, cookie, remoteAddress }) {
      const secret = bearer ?? cookie ?? '';
      const mayBeToken =
        bearer?.startsWith(API_TOKEN_PREFIX) && isSecret(bearer.slice(API_TOKEN_PREFIX.length));
      if (!mayBeToken && !isSecret(secret)) throw unauthenticated();
      const asking = { sha256: hashSecret(secret), remoteAddress, now: clock.now() };
      return mayBeToken ? identifyToken(store, touch, asking) : identifySession(store, touch, asking);
    },
  };
}

type Asking = { sha256: string; remoteAddress: string; now: Instant };

/** The server itself, and the command line on its machine. */
export function systemActor(remoteAddress = ''): Actor {
  const permissions = new Set(PERMISSIONS);
  return {
    kind: 'system',
    name: 'system',
    userId: null,
    permissions,
    isUnattended: true,
    sessionId: null,
    remoteAddress,
  };
}

/** Somebody who has not signed in: who the audit log names for a refused sign-in. */
export function anonymousActor(remoteAddress: string): Actor {
  const permissions: ReadonlySet<Permission> = new Set();
  return {
    kind: 'user',
    name: 'anonymous',
    userId: null,
    permissions,
    isUnattended: false,
    sessionId: null,
    remoteAddress,
  };
}

/** A signed-in person. */
export function userActor(account: AccountRow, sessionId: string, remoteAddress: string): Actor {
  return {
    kind: 'user',
    name: account.username,
    userId: account.id,
    permissions: permissionsOf(account.roles),
    isUnattended: false,
    sessionId,
    remoteAddress,
  };
}

export function permissionsOf(roles: readonly Role[]): Set<Permission> {
  return new Set(roles.flatMap((role) => ROLE_PERMISSIONS[role]));
}

/**
 * Whether a session has ended by age or idleness. Its times are wall times: a session from a future
 * further away than the idle time tells of a clock that was set back, which must not prolong it.
 */
export function hasSessionEnded(session: WebSessionRow, wallMs: number): boolean {
  return (
    Math.abs(wallMs - session.usedAt) >= SESSION_IDLE_MS || wallMs - session.createdAt >= SESSION_LIFETIME_MS
  );
}

async function identifySession(
  store: Store,
  touch: Touch,
  { sha256: id, remoteAddress, now }: Asking,
): Promise<Actor> {
  const found = await store.read(async ({ people }) => {
    const session = await people.findWebSession(id);
    const account = session === undefined ? undefined : await people.findAccountById(session.accountId);
    return session === undefined || account === undefined ? undefined : { session, account };
  });
  if (found === undefined || !found.account.isEnabled || hasSessionEnded(found.session, now.wallMs)) {
    throw unauthenticated();
  }
  if (isTouchDue(found.session.usedAt, now)) {
    touch(`session ${id}`, (people) => people.touchWebSession(id, now.wallMs));
  }
  return userActor(found.account, id, remoteAddress);
}

async function identifyToken(
  store: Store,
  touch: Touch,
  { sha256, remoteAddress, now }: Asking,
): Promise<Actor> {
  const found = await store.read(async ({ people }) => {
    const token = await people.findToken(sha256);
    const account = token === undefined ? undefined : await people.findAccountById(token.accountId);
    return token === undefined || account === undefined ? undefined : { token, account };
  });
  if (found === undefined || !found.account.isEnabled || now.wallMs >= found.token.expiresAt) {
    throw unauthenticated();
  }
  const { token, account } = found;
  if (isTouchDue(token.usedAt, now)) {
    touch(`token ${token.id}`, (people) => people.touchToken(token.id, now.wallMs));
  }
  const granted = permissionsOf(account.roles);
  const isUnattended = granted.has('rollouts:write') && token.scopes.includes('rollouts:unattended');
  const scopes = new Set<Scope>(token.scopes);
  // To push unattended is to push.
  if (isUnattended) scopes.add('rollouts:write');
  return {
    kind: 'token',
    name: `token:${token.name}`,
    userId: account.id,
    permissions: new Set(PERMISSIONS.filter((each) => granted.has(each) && scopes.has(each))),
    isUnattended,
    sessionId: null,
    tokenSha256: sha256,
    remoteAddress,
  };
}

function isTouchDue(usedAt: number | null, now: Instant): boolean {
  return usedAt === null || Math.abs(now.wallMs - usedAt) >= TOUCH_INTERVAL_MS;
}

function unauthenticated(): DomainError {
  return new DomainError('unauthenticated', 'Sign in first, or send a valid token.');
}
