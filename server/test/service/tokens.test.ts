import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '../../src/domain/people.ts';
import { createAndEnter, createPerson, HOME, openPeople, type People, refusalOf } from './people-support.ts';

const DAY_MS = 86_400_000;

function identify(people: People, bearer: string) {
  return people.identity.identify({ bearer, remoteAddress: HOME });
}

test('a token is shown once and may what its scopes say', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people, { roles: ['operator'] });
  const { token, info } = await people.tokens.create(actor, {
    name: 'ci',
    scopes: ['read', 'devices:write'],
  });
  assert.match(token, /^oct_[A-Za-z0-9_-]{43}$/);
  assert.ok(!JSON.stringify(info).includes(token.slice(4)));
  const program = await identify(people, token);
  assert.equal(program.kind, 'token');
  assert.equal(program.name, 'token:ci');
  assert.equal(program.sessionId, null);
  assert.equal(program.isUnattended, false);
  assert.deepEqual([...program.permissions].sort(), ['devices:write', 'read']);
});

test('only the hash of a token is in the store', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { token } = await people.tokens.create(actor, { name: 'ci', scopes: ['read'] });
  assert.equal(await people.store.read((tx) => tx.people.findToken(token)), undefined);
  const log = JSON.stringify(await people.listAudit());
  assert.ok(log.includes('token.create') && !log.includes(token.slice(4)));
});

test('nobody makes a token with more rights than their own', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people, { roles: ['editor'] });
  for (const scope of ['admin', 'rollouts:write', 'rollouts:unattended', 'products:write'] satisfies Scope[])
    await refusalOf(people.tokens.create(actor, { name: 'ci', scopes: ['read', scope] }), 'forbidden');
  const refused = (await people.listAudit('token.create')).map((entry) => entry.outcome);
  assert.deepEqual(refused, ['refused', 'refused', 'refused', 'refused']);
});

test('only an admin makes a token that pushes unattended', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people, { roles: ['admin'] });
  await createAndEnter(people, { username: 'ada', roles: ['admin'] });
  const operator = await createAndEnter(people, { username: 'otto', roles: ['operator'] });
  const unattended = { name: 'night', scopes: ['rollouts:write', 'rollouts:unattended'] as Scope[] };
  await refusalOf(people.tokens.create(operator.actor, unattended), 'forbidden');
  const scopes: Scope[] = ['read', 'rollouts:write', 'rollouts:unattended'];
  const { token } = await people.tokens.create(actor, { name: 'ci', scopes });
  assert.equal((await identify(people, token)).isUnattended, true);
  await people.accounts.update(people.system, 'olga', { roles: ['viewer'] });
  const program = await identify(people, token);
  assert.equal(program.isUnattended, false);
  assert.deepEqual([...program.permissions], ['read']);
});

test('a token makes no tokens', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people, { roles: ['admin'] });
  const { token } = await people.tokens.create(actor, { name: 'ci', scopes: ['read', 'admin'] });
  const program = await identify(people, token);
  await refusalOf(people.tokens.create(program, { name: 'ci2', scopes: ['read'] }), 'forbidden');
});

test('a token lives 90 days, or what was asked for up to a year', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const usual = await people.tokens.create(actor, { name: 'usual', scopes: ['read'] });
  const short = await people.tokens.create(actor, { name: 'short', scopes: ['read'], expiresInDays: 1 });
  people.clock.advance(DAY_MS - 1);
  await identify(people, short.token);
  people.clock.advance(1);
  await refusalOf(identify(people, short.token), 'unauthenticated');
  people.clock.advance(89 * DAY_MS - 1);
  await identify(people, usual.token);
  people.clock.advance(1);
  await refusalOf(identify(people, usual.token), 'unauthenticated');
});

test('a token may be given its end instead', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const inTime = (ms: number) => people.clock.now().wallMs + ms;
  const create = (change: object) => people.tokens.create(actor, { name: 'ci', scopes: ['read'], ...change });
  const ends = [inTime(0), inTime(-1), inTime(365 * DAY_MS + 1), Number.NaN];
  for (const change of [
    ...ends.map((expiresAt) => ({ expiresAt })),
    { expiresAt: inTime(1), expiresInDays: 1 },
  ])
    assert.equal((await refusalOf(create(change), 'invalid-request')).detail.field, 'expiresAt');
  const { token, info } = await create({ expiresAt: inTime(3_600_000) });
  assert.equal(info.expiresAt, inTime(3_600_000));
  const [entry] = await people.listAudit('token.create');
  assert.equal(entry?.detail.expiresAt, new Date(info.expiresAt).toISOString());
  people.clock.advance(3_600_000);
  await refusalOf(identify(people, token), 'unauthenticated');
});

test('malformed tokens are refused', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const create = (change: object) => people.tokens.create(actor, { name: 'ci', scopes: ['read'], ...change });
  for (const name of ['', 'a b', 'x'.repeat(65), 'a\nb'])
    assert.equal((await refusalOf(create({ name }), 'invalid-request')).detail.field, 'name');
  for (const scopes of [[], ['read', 'read'], ['root']])
    assert.equal((await refusalOf(create({ scopes }), 'invalid-request')).detail.field, 'scopes');
  for (const expiresInDays of [0, 366, 1.5, Number.NaN, -1])
    assert.equal(
      (await refusalOf(create({ expiresInDays }), 'invalid-request')).detail.field,
      'expiresInDays',
    );
  await create({ expiresInDays: 365 });
  await refusalOf(create({}), 'already-exists');
});

test('people see and remove their own tokens, an admin all', async (t) => {
  const people = await openPeople(t);
  const olga = await createAndEnter(people);
  const anna = await createAndEnter(people, { username: 'anna', roles: ['admin'] });
  const first = await people.tokens.create(olga.actor, { name: 'one', scopes: ['read'] });
  const second = await people.tokens.create(anna.actor, { name: 'two', scopes: ['read'] });
  const third = await people.tokens.create(olga.actor, { name: 'three', scopes: ['read'] });
  const names = async (actor: typeof olga.actor, after?: number, limit = 10) =>
    (await people.tokens.list(actor, { after, limit })).map((token) => token.name);
  assert.deepEqual(await names(olga.actor), ['one', 'three']);
  assert.deepEqual(await names(olga.actor, first.info.id), ['three']);
  assert.deepEqual(await names(olga.actor, undefined, 1), ['one']);
  assert.deepEqual(await names(anna.actor), ['one', 'two', 'three']);
  await refusalOf(people.tokens.remove(olga.actor, second.info.id), 'not-found');
  await people.tokens.remove(olga.actor, first.info.id);
  await refusalOf(identify(people, first.token), 'unauthenticated');
  await people.tokens.remove(anna.actor, third.info.id);
  await refusalOf(identify(people, third.token), 'unauthenticated');
  await refusalOf(people.tokens.remove(anna.actor, third.info.id), 'not-found');
});

test('a token without the admin scope ends itself but no other', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const own = await people.tokens.create(actor, { name: 'own', scopes: ['read'] });
  const other = await people.tokens.create(actor, { name: 'other', scopes: ['read'] });
  const program = await identify(people, own.token);
  await refusalOf(people.tokens.remove(program, other.info.id), 'not-found');
  await people.tokens.remove(program, own.info.id);
  await identify(people, other.token);
});

test('the last use of a token is kept', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { token, info } = await people.tokens.create(actor, { name: 'ci', scopes: ['read'] });
  assert.equal(info.usedAt, null);
  people.clock.advance(5_000);
  await identify(people, token);
  await people.settled();
  const [listed] = await people.tokens.list(actor, { after: undefined, limit: 1 });
  assert.equal(listed?.usedAt, people.clock.now().wallMs);
});

test('a viewer may have a token to read', async (t) => {
  const people = await openPeople(t);
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  const { actor } = await createAndEnter(people, { roles: ['viewer'] });
  const { token } = await people.tokens.create(actor, { name: 'board', scopes: ['read'] });
  assert.deepEqual([...(await identify(people, token)).permissions], ['read']);
});
