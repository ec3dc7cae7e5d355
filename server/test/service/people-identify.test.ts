import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DomainError } from '../../src/domain/errors.ts';
import { SESSION_IDLE_MS, SESSION_LIFETIME_MS } from '../../src/domain/limits.ts';
import { createSecret } from '../../src/service/secrets.ts';
import {
  createAndEnter,
  createPerson,
  enter,
  HOME,
  openPeople,
  type People,
  refusalOf,
} from './people-support.ts';

function identify(people: People, bearer: string) {
  return people.identity.identify({ bearer, remoteAddress: HOME });
}

test('a session token is good as a cookie and as a bearer', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people, { roles: ['editor', 'operator'] });
  const actor = await people.identity.identify({ cookie: token, remoteAddress: HOME });
  assert.deepEqual(actor, await identify(people, token));
  assert.equal(actor.kind, 'user');
  assert.equal(actor.name, 'olga');
  assert.equal(actor.remoteAddress, HOME);
  assert.equal(actor.isUnattended, false);
  const expected = ['configs:write', 'devices:write', 'products:switch', 'read', 'rollouts:write'];
  assert.deepEqual([...actor.permissions].sort(), expected);
});

test('nothing, nonsense, an unknown token and a stored id are all refused alike', async (t) => {
  const people = await openPeople(t);
  const { actor, token } = await createAndEnter(people);
  const made = await people.tokens.create(actor, { name: 'ci', scopes: ['read'] });
  const refusals = [await refusalOf(people.identity.identify({ remoteAddress: HOME }), 'unauthenticated')];
  for (const bearer of [
    '',
    'x',
    'oct_x',
    createSecret(),
    `oct_${createSecret()}`,
    actor.sessionId ?? '',
    `${token} `,
    token.toUpperCase(),
  ])
    refusals.push(await refusalOf(identify(people, bearer), 'unauthenticated'));
  refusals.push(
    await refusalOf(people.identity.identify({ cookie: made.token, remoteAddress: HOME }), 'unauthenticated'),
  );
  assert.equal(new Set(refusals.map((refusal) => refusal.message)).size, 1);
});

test('a bad bearer is not made good by a cookie', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  const both = people.identity.identify({ bearer: createSecret(), cookie: token, remoteAddress: HOME });
  await refusalOf(both, 'unauthenticated');
});

test('a disabled person\u0027s sessions and tokens die at once, and the sessions for good', async (t) => {
  const people = await openPeople(t);
  const { token, actor } = await createAndEnter(people);
  const made = await people.tokens.create(actor, { name: 'ci', scopes: ['read'] });
  await people.accounts.update(people.system, 'olga', { isEnabled: false });
  await refusalOf(identify(people, token), 'unauthenticated');
  await refusalOf(identify(people, made.token), 'unauthenticated');
  await people.accounts.update(people.system, 'olga', { isEnabled: true });
  await refusalOf(identify(people, token), 'unauthenticated');
  await identify(people, made.token);
});

test('a changed role counts at the next request', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people, { roles: ['admin'] });
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  assert.ok((await identify(people, token)).permissions.has('admin'));
  await people.accounts.update(people.system, 'olga', { roles: ['viewer'] });
  assert.deepEqual([...(await identify(people, token)).permissions], ['read']);
});

test('a session ends after some hours without use', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  people.clock.advance(SESSION_IDLE_MS - 1);
  await identify(people, token);
  await people.settled();
  people.clock.advance(SESSION_IDLE_MS - 1);
  await identify(people, token);
  await people.settled();
  people.clock.advance(SESSION_IDLE_MS);
  await refusalOf(identify(people, token), 'unauthenticated');
});

test('a session ends after its lifetime, however much it is used', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  const step = SESSION_IDLE_MS / 2;
  for (let passed = step; passed < SESSION_LIFETIME_MS; passed += step) {
    people.clock.advance(step);
    await identify(people, token);
    await people.settled();
  }
  people.clock.advance(step);
  await refusalOf(identify(people, token), 'unauthenticated');
});

test('a clock set far back does not keep a session alive', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  people.clock.setWall(-2 * 3_600_000);
  await identify(people, token);
  people.clock.setWall(-40 * 86_400_000);
  await refusalOf(identify(people, token), 'unauthenticated');
});

test('use is noted at most once a minute', async (t) => {
  const people = await openPeople(t);
  const { token, actor } = await createAndEnter(people);
  const usedAt = async () =>
    (await people.store.read((tx) => tx.people.findWebSession(actor.sessionId ?? '')))?.usedAt;
  const start = people.clock.now().wallMs;
  people.clock.advance(59_999);
  await identify(people, token);
  assert.equal(await usedAt(), start);
  people.clock.advance(1);
  await identify(people, token);
  await people.settled();
  assert.equal(await usedAt(), start + 60_000);
});

test('nobody waits until use is noted, and of many requests at once one is noted', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  people.clock.advance(60_000);
  const held = Promise.withResolvers<void>();
  const first = people.store.write(() => held.promise);
  const write = t.mock.method(people.store, 'write');
  for (let count = 0; count < 20; count += 1) assert.equal((await identify(people, token)).name, 'olga');
  assert.equal(write.mock.callCount(), 1);
  held.resolve();
  await first;
});

test('a store that cannot be written still lets people in to read', async (t) => {
  const people = await openPeople(t);
  const { token } = await createAndEnter(people);
  people.clock.advance(120_000);
  t.mock.method(people.store, 'write', () =>
    Promise.reject(new DomainError('storage-full', 'The disk is full.')),
  );
  assert.equal((await identify(people, token)).name, 'olga');
});

test('two people have sessions of their own', async (t) => {
  const people = await openPeople(t);
  const olga = await createAndEnter(people);
  const anna = await enter(people, await createPerson(people, { username: 'anna', roles: ['viewer'] }));
  assert.equal((await identify(people, olga.token)).name, 'olga');
  assert.equal((await identify(people, anna.token)).name, 'anna');
});
