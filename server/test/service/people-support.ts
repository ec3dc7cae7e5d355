/**
 * What the tests of accounts, sign-in, tokens and step-up share: the services over a real store in a
 * directory of their own, with two clocks that only the test moves and channels that keep what was sent.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Instant } from '../../src/domain/clock.ts';
import { DomainError, type RefusalCode } from '../../src/domain/errors.ts';
import type { Actor, Role } from '../../src/domain/people.ts';
import type { AuditEntry } from '../../src/domain/store-port.ts';
import { createAccountService } from '../../src/service/accounts.ts';
import { createIdentityService, systemActor } from '../../src/service/identify.ts';
import { createPasswords } from '../../src/service/passwords.ts';
import { createSealer } from '../../src/service/sealing.ts';
import { createSignInService } from '../../src/service/sign-in.ts';
import { createStepUpService } from '../../src/service/step-up.ts';
import { createTokenService } from '../../src/service/tokens.ts';
import { openSqliteStore } from '../../src/sql/store.ts';
import type { CodeChannel, CodeMessage } from '../../src/stepup/channel.ts';
import { type CodeChannels, createChannels } from '../../src/stepup/channels.ts';
import { CHEAP_PASSWORDS } from '../support/cheap-passwords.ts';

export const HOME = '203.0.113.7';
export const GOOD_PASSWORD = 'seven walnut tractors hum';
const START_WALL_MS = Date.UTC(2025, 0, 15, 8, 0, 0);

export type Setup = {
  hasSms?: boolean;
  hasEmail?: boolean;
  /** In place of the SMS channel that keeps what it is given. */
  sms?: CodeChannel;
};

export type People = Awaited<ReturnType<typeof openPeople>>;

export async function openPeople(t: TestContext, setup: Setup = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'opencota-people-'));
  const store = openSqliteStore(join(directory, 'store.db'));
  t.after(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const clock = createFakeClock();
  const sent: CodeMessage[] = [];
  const logLines: string[] = [];
  const parts = {
    store,
    clock,
    sealer: createSealer(randomBytes(32)),
    passwords: createPasswords({ cost: CHEAP_PASSWORDS }),
  };
  const channels = createTestChannels(setup, sent, logLines);
  return {
    ...parts,
    accounts: createAccountService(parts),
    signIn: createSignInService(parts),
    identity: createIdentityService(parts),
    tokens: createTokenService(parts),
    stepUp: createStepUpService({ ...parts, channels }),
    sent,
    logLines,
    system: systemActor(),
    /** Whatever was asked of the store is done. */
    settled: () => store.write(async () => {}),
    async listAudit(action?: string): Promise<AuditEntry[]> {
      const filter = action === undefined ? {} : { action };
      const entries = await store.read((tx) => tx.audit.list(filter, { after: undefined, limit: 500 }));
      return entries.toReversed();
    },
  };
}

export function createFakeClock() {
  let instant: Instant = { wallMs: START_WALL_MS, serviceMs: 1_000 };
  return {
    now: () => instant,
    /** Time passes. */
    advance(ms: number) {
      instant = { wallMs: instant.wallMs + ms, serviceMs: instant.serviceMs + ms };
    },
    /** Somebody sets the clock on the wall. */
    setWall(changeMs: number) {
      instant = { ...instant, wallMs: instant.wallMs + changeMs };
    },
  };
}

function createTestChannels(setup: Setup, sent: CodeMessage[], logLines: string[]): CodeChannels {
  const keeping = (kind: 'sms' | 'email'): CodeChannel => ({
    kind,
    provider: 'test',
    async send(message) {
      sent.push(message);
    },
  });
  const { log } = createChannels({ sms: undefined, email: undefined }, (line) => logLines.push(line));
  return {
    log,
    ...(setup.sms !== undefined || setup.hasSms ? { sms: setup.sms ?? keeping('sms') } : {}),
    ...(setup.hasEmail ? { email: keeping('email') } : {}),
  };
}

export type NewPerson = {
  username?: string;
  roles?: Role[];
  phone?: string;
  email?: string;
  language?: 'en' | 'zh';
};

/** An account with `GOOD_PASSWORD`. */
export async function createPerson(people: People, person: NewPerson = {}): Promise<string> {
  const { username = 'olga', roles = ['operator'], ...rest } = person;
  await people.accounts.create(people.system, { username, roles, password: GOOD_PASSWORD, ...rest });
  return username;
}

/** Signs a person in. */
export async function enter(
  people: People,
  username = 'olga',
  password = GOOD_PASSWORD,
): Promise<{ token: string; actor: Actor }> {
  const { sessionToken } = await people.signIn.signIn({
    username,
    password,
    remoteAddress: HOME,
    userAgent: 'test',
  });
  return {
    token: sessionToken,
    actor: await people.identity.identify({ bearer: sessionToken, remoteAddress: HOME }),
  };
}

/** A new person, signed in. */
export async function createAndEnter(
  people: People,
  person: NewPerson = {},
): Promise<{ token: string; actor: Actor }> {
  return enter(people, await createPerson(people, person));
}

export async function createProduct(
  people: People,
  productKey = 'a1Smart',
  name = 'smart-lock',
): Promise<void> {
  const settings = {
    name,
    isEnabled: true,
    coolDownSeconds: 3600,
    doneWhen: 'downloaded',
    requestPolicy: 'saved',
    configBytesMax: 65_536,
    attemptTimeoutSeconds: 60,
    deadlineSeconds: 604_800,
    isRegistrationAllowed: false,
    isUnknownDeviceAllowed: false,
    isStrongSignRequired: false,
    retentionVersions: null,
  } as const;
  const createdAt = people.clock.now().wallMs;
  await people.store.write((tx) =>
    tx.products.create({
      productKey,
      secretSealed: people.sealer.seal('test', 'secret'),
      settings,
      createdAt,
    }),
  );
}

/** The refusal that `work` must end with. */
export async function refusalOf(work: Promise<unknown>, code?: RefusalCode): Promise<DomainError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  assert.ok('error' in outcome, 'It was expected to be refused, and was not.');
  const { error } = outcome;
  if (!(error instanceof DomainError)) throw error;
  if (code !== undefined) assert.equal(error.code, code, error.message);
  return error;
}
