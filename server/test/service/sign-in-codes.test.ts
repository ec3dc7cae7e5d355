import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  SIGN_IN_CODE_LIFETIME_MS,
  SIGN_IN_CODE_POLL_SECONDS,
  SIGN_IN_CODES_MAX,
  SIGN_IN_CODES_PER_ADDRESS_MAX,
} from '../../src/domain/limits.ts';
import { createSignInCodes } from '../../src/service/sign-in-codes.ts';
import { createPerson, enter, HOME, openPeople, refusalOf } from './people-support.ts';

const PROGRAM = { remoteAddress: '198.51.100.20', userAgent: 'opencota-cli' };

test('a code that a person allows gives the program a session of that person, once', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const codes = createSignInCodes(people);
  const { actor: olga } = await enter(people);
  const { code, secret } = codes.begin(PROGRAM);
  assert.match(code, /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  assert.equal(await codes.claim(secret, PROGRAM), undefined, 'nobody has allowed it yet');
  const asked = codes.find(olga, code.toLowerCase().replace('-', ' '));
  assert.deepEqual([asked.code, asked.remoteAddress, asked.userAgent], [code, ...Object.values(PROGRAM)]);
  await codes.decide(olga, code, true);
  people.clock.advance(SIGN_IN_CODE_POLL_SECONDS * 1000);
  const signedIn = await codes.claim(secret, PROGRAM);
  const actor = await people.identity.identify({ bearer: signedIn!.sessionToken, remoteAddress: HOME });
  assert.equal(actor.name, 'olga');
  assert.equal((await refusalOf(codes.claim(secret, PROGRAM))).code, 'sign-in-failed');
  const [allowed] = await people.listAudit('session.allow');
  assert.deepEqual([allowed!.actor, allowed!.target], ['olga', PROGRAM.remoteAddress]);
  assert.equal((await people.listAudit('session.create')).at(-1)!.remoteAddress, PROGRAM.remoteAddress);
});

test('a code that is denied, or expired, or guessed, gives nothing', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const codes = createSignInCodes(people);
  const { actor: olga } = await enter(people);
  const denied = codes.begin(PROGRAM);
  await codes.decide(olga, denied.code, false);
  const refusal = await refusalOf(codes.claim(denied.secret, PROGRAM));
  assert.deepEqual([refusal.code, refusal.detail.reason], ['sign-in-failed', 'denied']);
  const late = codes.begin(PROGRAM);
  await codes.decide(olga, late.code, true);
  people.clock.advance(SIGN_IN_CODE_LIFETIME_MS);
  assert.equal((await refusalOf(codes.claim(late.secret, PROGRAM))).detail.reason, 'expired');
  const open = codes.begin(PROGRAM);
  await codes.decide(olga, open.code, true);
  const guess = await refusalOf(codes.claim(open.code, PROGRAM));
  assert.equal(guess.detail.reason, 'expired', 'the code alone opens nothing');
});

test('only a person decides, once, and not with a one-time password', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const codes = createSignInCodes(people);
  const { actor: olga } = await enter(people);
  const { code, secret } = codes.begin(PROGRAM);
  const token = { ...olga, kind: 'token' as const, userId: null, sessionId: null };
  assert.equal((await refusalOf(codes.decide(token, code, true))).code, 'forbidden');
  await codes.decide(olga, code, false);
  assert.equal((await refusalOf(codes.decide(olga, code, true))).code, 'not-found');
  assert.equal((await refusalOf(codes.claim(secret, PROGRAM))).detail.reason, 'denied');
});

test('an account that was disabled meanwhile opens nothing', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  const codes = createSignInCodes(people);
  const { code, secret } = codes.begin(PROGRAM);
  await codes.decide((await enter(people)).actor, code, true);
  await people.accounts.update(people.system, 'olga', { isEnabled: false });
  assert.equal((await refusalOf(codes.claim(secret, PROGRAM))).code, 'sign-in-failed');
});

test('who asks too often is told to wait, and who keeps to the interval is not', async (t) => {
  const people = await openPeople(t);
  const codes = createSignInCodes(people);
  const { secret } = codes.begin(PROGRAM);
  await codes.claim(secret, PROGRAM);
  const { code, detail } = await refusalOf(codes.claim(secret, PROGRAM));
  assert.deepEqual([code, detail.retryAfterSeconds], ['throttled', SIGN_IN_CODE_POLL_SECONDS]);
  for (let count = 0; count < 5; count++) {
    people.clock.advance(SIGN_IN_CODE_POLL_SECONDS * 1000);
    assert.equal(await codes.claim(secret, PROGRAM), undefined);
  }
});

test('so many wait per address and in all, and one more is refused until they expire', async (t) => {
  const people = await openPeople(t);
  const codes = createSignInCodes(people);
  const begin = (remoteAddress: string) => codes.begin({ remoteAddress, userAgent: '' });
  for (let count = 0; count < SIGN_IN_CODES_PER_ADDRESS_MAX; count++) begin(HOME);
  assert.equal((await refusalOf(Promise.try(() => begin(HOME)))).code, 'throttled');
  for (let count = SIGN_IN_CODES_PER_ADDRESS_MAX; count < SIGN_IN_CODES_MAX; count++)
    begin(`10.0.${count >> 8}.${count & 255}`);
  assert.equal((await refusalOf(Promise.try(() => begin('10.9.9.9')))).code, 'throttled');
  people.clock.advance(SIGN_IN_CODE_LIFETIME_MS);
  begin(HOME);
});
