import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSync } from 'otplib';
import { SIGN_IN_FAILURES_PER_WINDOW, SIGN_IN_WINDOW_MS } from '../../src/domain/limits.ts';
import {
  createAndEnter,
  enter,
  GOOD_PASSWORD,
  HOME,
  openPeople,
  type People,
  refusalOf,
} from './people-support.ts';

const NEW_PASSWORD = 'eleven copper kettles sing';
const proof = { currentPassword: GOOD_PASSWORD };

function codeNow(people: People, secret: string): string {
  return generateSync({ secret, epoch: Math.floor(people.clock.now().wallMs / 1000) });
}

test('a changed password ends all sessions but the one that changed it', async (t) => {
  const people = await openPeople(t);
  const here = await createAndEnter(people);
  const elsewhere = await enter(people);
  const user = await people.accounts.changeOwnPassword(here.actor, { ...proof, newPassword: NEW_PASSWORD });
  assert.equal(user.mustChangePassword, false);
  await people.identity.identify({ bearer: here.token, remoteAddress: HOME });
  await refusalOf(
    people.identity.identify({ bearer: elsewhere.token, remoteAddress: HOME }),
    'unauthenticated',
  );
  await refusalOf(enter(people), 'sign-in-failed');
  await enter(people, 'olga', NEW_PASSWORD);
});

test('a one-time password is replaced by one of the person\u0027s own, for good', async (t) => {
  const people = await openPeople(t);
  const { oneTimePassword = '' } = await people.accounts.create(people.system, {
    username: 'olga',
    roles: ['viewer'],
  });
  const { actor } = await enter(people, 'olga', oneTimePassword);
  await people.accounts.changeOwnPassword(actor, {
    currentPassword: oneTimePassword,
    newPassword: NEW_PASSWORD,
  });
  people.clock.advance(30 * 86_400_000);
  await enter(people, 'olga', NEW_PASSWORD);
  await refusalOf(enter(people, 'olga', oneTimePassword), 'sign-in-failed');
});

test('a password is not changed without the current one, to a poor one, or to itself', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const change = (currentPassword: string, newPassword: string) =>
    people.accounts.changeOwnPassword(actor, { currentPassword, newPassword });
  await refusalOf(change('wrong', NEW_PASSWORD), 'sign-in-failed');
  await refusalOf(change(GOOD_PASSWORD, 'password1'), 'invalid-request');
  assert.equal(
    (await refusalOf(change(GOOD_PASSWORD, GOOD_PASSWORD), 'invalid-request')).detail.reason,
    'unchanged',
  );
  await enter(people);
});

test('guesses at the current password from a session are limited, also when they come at once', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const guess = (currentPassword: string) =>
    people.accounts.changeOwnPassword(actor, { currentPassword, newPassword: NEW_PASSWORD });
  const guesses = Array.from({ length: SIGN_IN_FAILURES_PER_WINDOW + 5 }, (_, index) =>
    refusalOf(guess(`guess ${index}`)),
  );
  const codes = (await Promise.all(guesses)).map((refusal) => refusal.code);
  assert.equal(codes.filter((code) => code === 'sign-in-failed').length, SIGN_IN_FAILURES_PER_WINDOW);
  const refusal = await refusalOf(guess(GOOD_PASSWORD), 'throttled');
  assert.equal(refusal.detail.retryAfterSeconds, SIGN_IN_WINDOW_MS / 1000);
  people.clock.advance(SIGN_IN_WINDOW_MS);
  await guess(GOOD_PASSWORD);
});

test('of two changes at the same moment one is refused', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const change = (newPassword: string) => people.accounts.changeOwnPassword(actor, { ...proof, newPassword });
  const outcomes = await Promise.allSettled([change(NEW_PASSWORD), change('nine silver lanterns glow')]);
  assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected']);
});

test('an authenticator counts once a code of it was shown, and hands out recovery codes', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { secret, uri } = await people.accounts.beginTotp(actor, proof);
  assert.ok(uri.startsWith('otpauth://totp/') && uri.includes(secret));
  assert.equal((await people.accounts.getOwn(actor)).hasTotp, false);
  await refusalOf(people.accounts.confirmTotp(actor, '000000'), 'step-up-failed');
  const { recoveryCodes } = await people.accounts.confirmTotp(actor, codeNow(people, secret));
  assert.equal(recoveryCodes.length, 10);
  assert.equal((await people.accounts.getOwn(actor)).hasTotp, true);
});

test('the secret of an authenticator lies sealed in the store', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { secret } = await people.accounts.beginTotp(actor, proof);
  const account = await people.store.read((tx) => tx.people.findAccount('olga'));
  const sealed = Buffer.from(account?.totpSealed ?? []);
  assert.ok(sealed.length > 0 && !sealed.includes(secret));
});

test('a second authenticator does not replace a confirmed one', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { secret } = await people.accounts.beginTotp(actor, proof);
  await people.accounts.confirmTotp(actor, codeNow(people, secret));
  await refusalOf(people.accounts.beginTotp(actor, proof), 'action-not-allowed');
  people.clock.advance(30_000);
  await refusalOf(people.accounts.confirmTotp(actor, codeNow(people, secret)), 'action-not-allowed');
  await people.accounts.removeTotp(actor, proof);
  assert.equal((await people.accounts.getOwn(actor)).hasTotp, false);
  await people.accounts.beginTotp(actor, proof);
});

test('a session alone neither enrols nor removes an authenticator', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  await refusalOf(people.accounts.beginTotp(actor, { currentPassword: 'wrong' }), 'sign-in-failed');
  await refusalOf(people.accounts.removeTotp(actor, { currentPassword: 'wrong' }), 'sign-in-failed');
});

test('an admin takes a lost authenticator off an account', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { secret } = await people.accounts.beginTotp(actor, proof);
  await people.accounts.confirmTotp(actor, codeNow(people, secret));
  await people.accounts.resetTotp(people.system, 'olga');
  assert.equal((await people.accounts.getOwn(actor)).hasTotp, false);
});

test('a token changes nothing of its owner\u0027s account', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people, { roles: ['admin'] });
  const { token } = await people.tokens.create(actor, { name: 'ci', scopes: ['read', 'admin'] });
  const program = await people.identity.identify({ bearer: token, remoteAddress: HOME });
  await refusalOf(
    people.accounts.changeOwnPassword(program, { ...proof, newPassword: NEW_PASSWORD }),
    'forbidden',
  );
  await refusalOf(people.accounts.beginTotp(program, proof), 'forbidden');
  await refusalOf(people.accounts.confirmTotp(program, '000000'), 'forbidden');
  await refusalOf(people.accounts.removeTotp(program, proof), 'forbidden');
});
