import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ONE_TIME_PASSWORD_LIFETIME_MS } from '../../src/domain/limits.ts';
import {
  createAndEnter,
  createPerson,
  enter,
  GOOD_PASSWORD,
  HOME,
  openPeople,
  refusalOf,
} from './people-support.ts';

test('the first start makes one admin with a one-time password, and the next start makes nothing', async (t) => {
  const people = await openPeople(t);
  const made = await people.accounts.ensureFirstAdmin();
  assert.equal(made?.username, 'admin');
  assert.equal(await people.accounts.ensureFirstAdmin(), undefined);
  const { account, mustChangePassword } = await people.signIn.signIn({
    username: 'admin',
    password: made?.oneTimePassword ?? '',
    remoteAddress: HOME,
    userAgent: 'test',
  });
  assert.deepEqual(account.roles, ['admin']);
  assert.equal(mustChangePassword, true);
});

test('a server with accounts makes no first admin', async (t) => {
  const people = await openPeople(t);
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  assert.equal(await people.accounts.ensureFirstAdmin(), undefined);
});

test('an only admin whose one-time password expired unused gets a new one at the next start', async (t) => {
  const people = await openPeople(t);
  const first = await people.accounts.ensureFirstAdmin();
  people.clock.advance(ONE_TIME_PASSWORD_LIFETIME_MS - 1);
  assert.equal(await people.accounts.ensureFirstAdmin(), undefined);
  people.clock.advance(1);
  const second = await people.accounts.ensureFirstAdmin();
  assert.notEqual(second?.oneTimePassword, first?.oneTimePassword);
  await refusalOf(enter(people, 'admin', first?.oneTimePassword), 'sign-in-failed');
  await enter(people, 'admin', second?.oneTimePassword);
});

test('an admin with a password of their own keeps it at every start', async (t) => {
  const people = await openPeople(t);
  const made = await people.accounts.ensureFirstAdmin();
  const { actor } = await enter(people, 'admin', made?.oneTimePassword);
  await people.accounts.changeOwnPassword(actor, {
    currentPassword: made?.oneTimePassword ?? '',
    newPassword: GOOD_PASSWORD,
  });
  people.clock.advance(2 * ONE_TIME_PASSWORD_LIFETIME_MS);
  assert.equal(await people.accounts.ensureFirstAdmin(), undefined);
  await enter(people, 'admin');
});

test('an expired one-time password of one of two admins is left alone', async (t) => {
  const people = await openPeople(t);
  await people.accounts.ensureFirstAdmin();
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  people.clock.advance(ONE_TIME_PASSWORD_LIFETIME_MS);
  assert.equal(await people.accounts.ensureFirstAdmin(), undefined);
});

test('a new account without a password gets a one-time password', async (t) => {
  const people = await openPeople(t);
  const { account, oneTimePassword } = await people.accounts.create(people.system, {
    username: 'eva',
    roles: ['editor'],
  });
  assert.equal(account.mustChangePassword, true);
  const { actor } = await enter(people, 'eva', oneTimePassword);
  assert.deepEqual([...actor.permissions], ['read', 'configs:write']);
});

test('a new account with a password gets no one-time password', async (t) => {
  const people = await openPeople(t);
  const made = await people.accounts.create(people.system, {
    username: 'eva',
    roles: ['editor'],
    password: GOOD_PASSWORD,
  });
  assert.equal(made.oneTimePassword, undefined);
  assert.equal(made.account.mustChangePassword, false);
});

test('an account carries neither its hash nor its sealed secret out', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  await people.accounts.beginTotp(actor, { currentPassword: GOOD_PASSWORD });
  const seen = [
    await people.accounts.get(people.system, 'olga'),
    await people.accounts.getOwn(actor),
    ...(await people.accounts.list(people.system, { after: undefined, limit: 10 })),
  ];
  for (const user of seen) {
    assert.deepEqual(Object.keys(user).sort(), [
      'createdAt',
      'email',
      'hasTotp',
      'id',
      'isEnabled',
      'language',
      'mustChangePassword',
      'phone',
      'roles',
      'username',
    ]);
    assert.equal(user.hasTotp, false, 'An authenticator that nobody confirmed does not count.');
  }
});

test('malformed names, roles, numbers and addresses are refused', async (t) => {
  const people = await openPeople(t);
  const create = (change: object) =>
    people.accounts.create(people.system, {
      username: 'eva',
      roles: ['viewer'],
      password: GOOD_PASSWORD,
      ...change,
    });
  for (const username of [
    'e',
    'Eva',
    'eva petrova',
    'e'.repeat(65),
    'eva\n',
    'ева',
    'token:ci',
    'system',
    'anonymous',
  ])
    assert.equal(
      (await refusalOf(create({ username }), 'invalid-request')).detail.field,
      'username',
      username,
    );
  for (const roles of [[], ['owner'], ['viewer', 'viewer']])
    assert.equal((await refusalOf(create({ roles }), 'invalid-request')).detail.field, 'roles');
  for (const phone of ['', '123', '+86138,+86139', 'call me'])
    assert.equal((await refusalOf(create({ phone }), 'invalid-request')).detail.field, 'phone', phone);
  for (const email of ['', 'eva', 'eva@', 'a@b.c,d@e.f', 'eva@example.com\r\nBcc: x@example.com'])
    assert.equal((await refusalOf(create({ email }), 'invalid-request')).detail.field, 'email', email);
  await refusalOf(create({ password: 'password1' }), 'invalid-request');
  await create({ username: 'e.petrova_2@example-x', phone: '+86 138 0000 0000', email: 'eva@example.com' });
});

test('a name is given once', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await refusalOf(createPerson(people), 'already-exists');
});

test('accounts are listed by name in pages', async (t) => {
  const people = await openPeople(t);
  for (const username of ['carl', 'anna', 'bert']) await createPerson(people, { username });
  const first = await people.accounts.list(people.system, { after: undefined, limit: 2 });
  const second = await people.accounts.list(people.system, { after: 'bert', limit: 2 });
  assert.deepEqual(
    [...first, ...second].map((user) => user.username),
    ['anna', 'bert', 'carl'],
  );
});

test('the last enabled admin can be neither demoted, disabled nor removed', async (t) => {
  const people = await openPeople(t);
  await createPerson(people, { username: 'anna', roles: ['admin', 'editor'] });
  await createPerson(people, { username: 'bert', roles: ['admin'] });
  await people.accounts.update(people.system, 'bert', { isEnabled: false });
  const { accounts, system } = people;
  await refusalOf(accounts.update(system, 'anna', { roles: ['editor'] }), 'action-not-allowed');
  await refusalOf(accounts.update(system, 'anna', { isEnabled: false }), 'action-not-allowed');
  await refusalOf(accounts.remove(system, 'anna'), 'action-not-allowed');
  await accounts.update(system, 'anna', { roles: ['admin'], email: 'anna@example.com' });
  await accounts.update(system, 'bert', { isEnabled: true });
  await accounts.update(system, 'anna', { roles: ['editor'] });
  await refusalOf(accounts.remove(system, 'bert'), 'action-not-allowed');
});

test('of two admins who demote each other at the same moment one stays', async (t) => {
  const people = await openPeople(t);
  const anna = await createAndEnter(people, { username: 'anna', roles: ['admin'] });
  const bert = await createAndEnter(people, { username: 'bert', roles: ['admin'] });
  const outcomes = await Promise.allSettled([
    people.accounts.update(anna.actor, 'bert', { roles: ['viewer'] }),
    people.accounts.update(bert.actor, 'anna', { roles: ['viewer'] }),
  ]);
  assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected']);
});

test('a change touches what it names and nothing else', async (t) => {
  const people = await openPeople(t);
  await createPerson(people, { phone: '+8613800000000', email: 'olga@example.com' });
  const before = await people.accounts.get(people.system, 'olga');
  const injected = { language: 'zh', phone: null, id: 99, passwordHash: 'x', username: 'other' } as const;
  const after = await people.accounts.update(people.system, 'olga', injected);
  assert.deepEqual(after, { ...before, language: 'zh', phone: null });
  await enter(people);
});

test('only an admin administers, and a refused attempt is in the audit log', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people, { roles: ['viewer', 'editor', 'operator'] });
  const { accounts } = people;
  await refusalOf(accounts.create(actor, { username: 'eva', roles: ['admin'] }), 'forbidden');
  await refusalOf(accounts.update(actor, 'olga', { roles: ['admin'] }), 'forbidden');
  await refusalOf(accounts.remove(actor, 'olga'), 'forbidden');
  await refusalOf(accounts.resetPassword(actor, 'olga'), 'forbidden');
  await refusalOf(accounts.resetTotp(actor, 'olga'), 'forbidden');
  await refusalOf(accounts.list(actor, { after: undefined, limit: 10 }), 'forbidden');
  await refusalOf(accounts.get(actor, 'olga'), 'forbidden');
  const refused = (await people.listAudit()).filter((entry) => entry.outcome === 'refused');
  assert.deepEqual(
    refused.map(({ actor: by, action, target, remoteAddress }) => ({ by, action, target, remoteAddress })),
    [
      { by: 'olga', action: 'user.create', target: 'eva', remoteAddress: HOME },
      { by: 'olga', action: 'user.update', target: 'olga', remoteAddress: HOME },
      { by: 'olga', action: 'user.remove', target: 'olga', remoteAddress: HOME },
      { by: 'olga', action: 'user.reset-password', target: 'olga', remoteAddress: HOME },
      { by: 'olga', action: 'totp.reset', target: 'olga', remoteAddress: HOME },
    ],
  );
});

test('a change is in the audit log with before and after', async (t) => {
  const people = await openPeople(t);
  await createPerson(people);
  await people.accounts.update(people.system, 'olga', { roles: ['editor'], isEnabled: false });
  const [entry] = await people.listAudit('user.update');
  const rest = { phone: null, email: null, language: 'en' };
  assert.deepEqual(entry?.detail, {
    before: { roles: ['operator'], isEnabled: true, ...rest },
    after: { roles: ['editor'], isEnabled: false, ...rest },
  });
});

test('a removed person is gone with sessions and tokens', async (t) => {
  const people = await openPeople(t);
  const { token, actor } = await createAndEnter(people);
  const made = await people.tokens.create(actor, { name: 'ci', scopes: ['read'] });
  await people.accounts.remove(people.system, 'olga');
  for (const bearer of [token, made.token])
    await refusalOf(people.identity.identify({ bearer, remoteAddress: HOME }), 'unauthenticated');
  await refusalOf(enter(people), 'sign-in-failed');
  await refusalOf(people.accounts.remove(people.system, 'olga'), 'not-found');
});

test('a reset password ends the sessions, works once known, and must be changed', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  const { oneTimePassword } = await people.accounts.resetPassword(people.system, 'olga');
  await refusalOf(people.identity.identify({ bearer: token, remoteAddress: HOME }), 'unauthenticated');
  await refusalOf(enter(people), 'sign-in-failed');
  await enter(people, 'olga', oneTimePassword);
  await enter(people, 'olga', oneTimePassword);
  assert.equal((await people.accounts.get(people.system, 'olga')).mustChangePassword, true);
  await refusalOf(people.accounts.resetPassword(people.system, 'nobody'), 'not-found');
});
