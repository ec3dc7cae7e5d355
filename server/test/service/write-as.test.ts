/** What was allowed when it was asked for, and is not any more when its turn comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAs } from '../../src/service/write-as.ts';
import { createAndEnter, createPerson, HOME, openPeople, refusalOf } from './people-support.ts';

const done = async () => 'done';

test('who stays as they were writes, and so does the server itself', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  assert.equal(await writeAs(people.store, actor, done), 'done');
  assert.equal(await writeAs(people.store, people.system, done), 'done');
});

test('who was signed out, disabled or removed before their turn changes nothing', async (t) => {
  const people = await openPeople(t);
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  const change = {
    'signs out': (sessionId: string) => people.store.write((tx) => tx.people.removeWebSession(sessionId)),
    'is disabled': () => people.accounts.update(people.system, 'olga', { isEnabled: false }),
    'is removed': () => people.accounts.remove(people.system, 'olga'),
  };
  for (const [what, happen] of Object.entries(change)) {
    const { actor } = await createAndEnter(people);
    await happen(actor.sessionId!);
    assert.equal(
      (await refusalOf(writeAs(people.store, actor, done), 'unauthenticated')).code,
      'unauthenticated',
      what,
    );
    await people.accounts.remove(people.system, 'olga').catch(() => {});
  }
});

test('who lost a right before their turn changes nothing', async (t) => {
  const people = await openPeople(t);
  await createPerson(people, { username: 'anna', roles: ['admin'] });
  const { actor } = await createAndEnter(people, { roles: ['operator'] });
  await people.accounts.update(people.system, 'olga', { roles: ['viewer'] });
  await refusalOf(writeAs(people.store, actor, done), 'forbidden');
});

test('a token that was removed before its turn changes nothing', async (t) => {
  const people = await openPeople(t);
  const { actor } = await createAndEnter(people);
  const { token, info } = await people.tokens.create(actor, { name: 'ci', scopes: ['read'] });
  const program = await people.identity.identify({ bearer: token, remoteAddress: HOME });
  assert.equal(await writeAs(people.store, program, done), 'done');
  await people.tokens.remove(actor, info.id);
  await refusalOf(writeAs(people.store, program, done), 'unauthenticated');
});
