/**
 * API tokens: for programs, with scopes and an end (R20).
 *
 * A token never may more than the person it belongs to: its scopes are checked when it is made, and again
 * against the person's roles whenever it is used. Tokens are made by signed-in people only, so that a token
 * cannot prolong itself or give itself more scopes.
 */
import type { Clock } from '../domain/clock.ts';
import { DomainError } from '../domain/errors.ts';
import { PAGE_SIZE_MAX } from '../domain/limits.ts';
import { type Actor, SCOPES, type Scope } from '../domain/people.ts';
import type { ApiToken, PageOf, Store, Tx } from '../domain/store-port.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { API_TOKEN_PREFIX } from './identify.ts';
import { createSecret, hashSecret } from './secrets.ts';
import { writeAs } from './write-as.ts';

export const TOKEN_DAYS_DEFAULT = 90;
export const TOKEN_DAYS_MAX = 365;
const DAY_MS = 86_400_000;
const TOKEN_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const SHOWN_NAME_CHARS_MAX = 64;

/** `expiresAt` (epoch ms) or `expiresInDays`; neither: the default. */
export type NewToken = {
  name: string;
  scopes: readonly Scope[];
  expiresInDays?: number;
  expiresAt?: number;
};

export interface Tokens {
  /** `token` is shown this once. Refuses `forbidden` for a scope beyond the actor's own rights. */
  create(actor: Actor, token: NewToken): Promise<{ token: string; info: ApiToken }>;
  /** One's own tokens; an admin sees all. By id, ascending. */
  list(actor: Actor, page: PageOf<number>): Promise<ApiToken[]>;
  /** One's own token, or any as an admin. It stops working at once. */
  remove(actor: Actor, id: number): Promise<void>;
}

type Parts = { store: Store; clock: Clock };

export function createTokenService(parts: Parts): Tokens {
  const { store, clock } = parts;
  return {
    create(actor, given) {
      const deed = {
        action: 'token.create',
        productKey: null,
        target: given.name.slice(0, SHOWN_NAME_CHARS_MAX),
      };
      return recordingRefusals(parts, actor, deed, async () => {
        const accountId = demandPerson(actor);
        const { wallMs } = clock.now();
        const expiresAt = given.expiresAt ?? wallMs + (given.expiresInDays ?? TOKEN_DAYS_DEFAULT) * DAY_MS;
        demandForm(given);
        demandSpan(given, expiresAt - wallMs);
        for (const scope of given.scopes) demandOwn(actor, scope);
        const token = API_TOKEN_PREFIX + createSecret();
        const info = await writeAs(store, actor, async (tx) => {
          const created = await tx.people.createToken({
            name: given.name,
            scopes: given.scopes,
            createdBy: actor.name,
            accountId,
            createdAt: wallMs,
            expiresAt,
            tokenSha256: hashSecret(token),
          });
          await tx.audit.append(
            auditEntry(actor, deed, wallMs, {
              id: created.id,
              scopes: given.scopes,
              expiresAt: new Date(expiresAt).toISOString(),
            }),
          );
          return created;
        });
        return { token, info };
      });
    },
    async list(actor, page) {
      demand(actor, 'read');
      return store.read((tx) => listVisible(tx, actor, page));
    },
    remove(actor, id) {
      const deed = { action: 'token.remove', productKey: null, target: String(id) };
      return recordingRefusals(parts, actor, deed, () =>
        writeAs(store, actor, async (tx) => {
          const token = await findById(tx, id);
          if (token === undefined || !isRemovable(actor, token))
            throw new DomainError('not-found', `There is no token ${id}.`);
          await tx.people.removeToken(id);
          const entry = { ...deed, target: token.name };
          await tx.audit.append(
            auditEntry(actor, entry, clock.now().wallMs, { id, createdBy: token.createdBy }),
          );
        }),
      );
    },
  };
}

function demandPerson(actor: Actor): number {
  if (actor.kind === 'user' && actor.userId !== null) return actor.userId;
  throw new DomainError('forbidden', 'Only a signed-in person may make tokens, not a token.');
}

function refuse(field: string, message: string): never {
  throw new DomainError('invalid-request', message, { field });
}

function demandForm({ name, scopes }: NewToken): void {
  if (!TOKEN_NAME.test(name))
    refuse('name', 'The name of a token has 1 to 64 letters, digits, dots, underscores and hyphens.');
  const areKnown = scopes.every((scope) => SCOPES.includes(scope));
  if (scopes.length === 0 || !areKnown || new Set(scopes).size !== scopes.length)
    refuse('scopes', `A token has at least one of the scopes ${SCOPES.join(', ')}, each once.`);
}

function demandSpan({ expiresAt, expiresInDays }: NewToken, spanMs: number): void {
  if (expiresAt !== undefined && expiresInDays !== undefined)
    refuse('expiresAt', 'Give either expiresAt or expiresInDays.');
  const field = expiresAt === undefined ? 'expiresInDays' : 'expiresAt';
  if (!(spanMs > 0 && spanMs <= TOKEN_DAYS_MAX * DAY_MS))
    refuse(field, `A token ends in the future, within ${TOKEN_DAYS_MAX} days.`);
  if (expiresInDays !== undefined && !Number.isInteger(expiresInDays))
    refuse(field, 'expiresInDays must be a whole number.');
}

/** Pushing without a second factor is nobody's own right; whoever may push may hand it to a program. */
function demandOwn(actor: Actor, scope: Scope): void {
  // A push without a second factor: an operator's stolen session must not be able to give itself that.
  demand(actor, scope === 'rollouts:unattended' ? 'admin' : scope);
}

function isVisible(actor: Actor, token: ApiToken): boolean {
  return actor.permissions.has('admin') || token.accountId === actor.userId;
}

/** A token without the admin scope may end itself, but not the other tokens of its owner. */
function isRemovable(actor: Actor, token: ApiToken): boolean {
  if (actor.kind === 'token' && !actor.permissions.has('admin')) return actor.name === `token:${token.name}`;
  return isVisible(actor, token);
}

/** Goes through all tokens until the page is full: a person's own may lie far apart. */
async function listVisible(tx: Tx, actor: Actor, { after, limit }: PageOf<number>): Promise<ApiToken[]> {
  const found: ApiToken[] = [];
  let last = after;
  while (found.length < limit) {
    const page = await tx.people.listTokens({ after: last, limit: PAGE_SIZE_MAX });
    found.push(...page.filter((token) => isVisible(actor, token)));
    if (page.length < PAGE_SIZE_MAX) break;
    last = page.at(-1)?.id;
  }
  return found.slice(0, limit);
}

async function findById(tx: Tx, id: number): Promise<ApiToken | undefined> {
  const [token] = await tx.people.listTokens({ after: id - 1, limit: 1 });
  return token?.id === id ? token : undefined;
}
